"""An OCI image layout of two architectures: oci.py VERSION SECONDS FOLDER ARCH=LAYER.tar …

Beside each LAYER.tar lies LAYER.tar.gz, the same packed. What is written is by the image and layout specifications of
the Open Container Initiative, version 1.0: https://github.com/opencontainers/image-spec
"""

import datetime
import hashlib
import json
import os
import sys

IMAGE = "application/vnd.oci.image."
USER = "65532:65532"  # neither root nor anybody's: what distroless images call nonroot


def main(version, seconds, folder, layers):
    labels = {
        "org.opencontainers.image.title": "akv-xsoar",
        "org.opencontainers.image.description": "Fetch Azure Key Vault secrets as Cortex XSOAR credentials",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
        "org.opencontainers.image.created": timestamp(seconds),
    }
    store = Store(folder)
    images = []
    for architecture, layer in layers:
        platform = {"architecture": architecture, "os": "linux"}
        if architecture == "arm64":
            platform["variant"] = "v8"
        image = store.put_json("manifest.v1+json", manifest(store, platform, layer, labels))
        images.append(image | {"platform": platform})
    index = {"schemaVersion": 2, "mediaType": IMAGE + "index.v1+json", "manifests": images, "annotations": labels}
    tagged = store.put_json("index.v1+json", index)
    tagged["annotations"] = {"org.opencontainers.image.ref.name": version}
    store.write("oci-layout", encode({"imageLayoutVersion": "1.0.0"}))
    store.write("index.json", encode({"schemaVersion": 2, "mediaType": IMAGE + "index.v1+json", "manifests": [tagged]}))


def manifest(store, platform, layer, labels):
    with open(layer, "rb") as file:
        unpacked = file.read()
    with open(layer + ".gz", "rb") as file:
        packed = store.put("layer.v1.tar+gzip", file.read())
    created = labels["org.opencontainers.image.created"]
    config = {
        "created": created,
        **platform,
        "config": {
            "User": USER,
            "Env": ["PATH=/usr/bin"],
            "Entrypoint": ["/usr/bin/akv-xsoar"],
            "WorkingDir": "/",
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(unpacked)]},
        "history": [{"created": created, "created_by": "scripts/build-packages"}],
    }
    return {
        "schemaVersion": 2,
        "mediaType": IMAGE + "manifest.v1+json",
        "config": store.put_json("config.v1+json", config),
        "layers": [packed],
        "annotations": labels,
    }


class Store:
    """The layout's folder: contents are named by their digests."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(os.path.join(folder, "blobs", "sha256"))

    def write(self, name, content):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(content)

    def put(self, kind, content):
        name = digest(content)
        self.write(os.path.join("blobs", *name.split(":")), content)
        return {"mediaType": IMAGE + kind, "digest": name, "size": len(content)}

    def put_json(self, kind, value):
        return self.put(kind, encode(value))


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def encode(value):
    return json.dumps(value, separators=(",", ":")).encode()


def timestamp(seconds):
    time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main(
        sys.argv[1],
        int(sys.argv[2]),
        sys.argv[3],
        [tuple(argument.split("=", 1)) for argument in sys.argv[4:]],
    )
