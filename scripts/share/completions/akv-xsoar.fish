# fish completion for akv-xsoar. Made from the table of the help by `scripts/manual`.

# The words that are neither options nor their values, up to what follows `--`: the command is the first.
function __akv_xsoar_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l value no
    for word in $words
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case --
                return
            case --vault --secret --match --tag --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --mode --owner --format --user-tag --decode --prefix --env --status --xsoar-url --xsoar-key-file --xsoar-key-id --xsoar-key-type --timeout --ca-file --proxy --connect-to --api-version --parallel --config
                set value yes
            case '-*'
            case '*'
                printf '%s\n' $word
        end
    end
end

function __akv_xsoar_wants_command
    set -l words (__akv_xsoar_words)
    test (count $words) -eq 0; or test "$words" = help
end

# __akv_xsoar_in COMMAND…: is it one of these, or none yet?
function __akv_xsoar_in
    set -l words (__akv_xsoar_words)
    not set -q words[1]; or contains -- $words[1] $argv
end

# __akv_xsoar_once OPTION COMMAND…: the same, and the option was not given before.
function __akv_xsoar_once
    set -l option --$argv[1]
    set -e argv[1]
    __akv_xsoar_in $argv; or return
    set -l words (commandline -opc)
    # Where its value is wanted it is the last word itself.
    string match -q -- '-*' (commandline -ct); or set -e words[-1]
    for word in $words
        if test "$word" = $option; or string match -q -- "$option=*" $word
            return 1
        end
    end
end

# Users, and behind a colon groups.
function __akv_xsoar_owner
    set -l typed (commandline -ct | string replace -r '^--owner=' '')
    if string match -q -- '*:*' $typed
        set -l user (string split -m 1 : -- $typed)[1]
        for group in (__fish_complete_groups)
            printf '%s:%s\n' $user $group
        end
    else
        __fish_complete_users
    end
end

# The other command's words, which follow `exec … --`.
function __akv_xsoar_other
    set -l words (__akv_xsoar_words)
    test "$words[1]" = exec; or return
    set words (commandline -opc)
    set -l at (contains -i -- -- $words); or return
    set -e words[1..$at]
    printf '%s\n' (string escape -- $words) (commandline -ct) | string join ' '
end

complete -c akv-xsoar -f
complete -c akv-xsoar -n 'test -n "$(__akv_xsoar_other)"' -x -a '(complete -C (__akv_xsoar_other))'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a fetch -d 'write the credentials as XSOAR JSON (the main job)'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a get -d 'print one secret\'s value, byte for byte'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a list -d 'print the credentials\' names, never a value'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a vaults -d 'print the vaults of the subscription (and resource group)'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a check -d 'is everything in place? says what is missing and what to do'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a exec -d 'run a command with the secrets in its environment'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a push -d 'bring an XSOAR server\'s credential store up to date'
complete -c akv-xsoar -n __akv_xsoar_wants_command -a help -d 'what one command does, and its options'
complete -c akv-xsoar -n '__akv_xsoar_in fetch get list check exec push' -l vault -x -d 'vaults, by name, host or URL'
complete -c akv-xsoar -n '__akv_xsoar_in fetch get list check exec push' -l secret -x -d 'secrets, read from every --vault'
complete -c akv-xsoar -n '__akv_xsoar_once all fetch list check exec push' -l all -d 'every enabled secret of the vaults that does not merely back a certificate'
complete -c akv-xsoar -n '__akv_xsoar_in fetch list check exec push' -l match -x -d 'of those, the ones whose name matches (*, ?, any case)'
complete -c akv-xsoar -n '__akv_xsoar_in fetch list check exec push' -l tag -x -d 'of those, the ones with the tag (KEY=: with an empty value)'
complete -c akv-xsoar -n '__akv_xsoar_once include-certificates fetch list check exec push' -l include-certificates -d 'with the three above: the secrets behind certificates too'
complete -c akv-xsoar -n '__akv_xsoar_once missing fetch list check exec push' -l missing -x -a 'sparse error skip' -d 'what becomes of what does not exist'
complete -c akv-xsoar -n '__akv_xsoar_once tenant-id fetch get list vaults check exec push' -l tenant-id -x -d 'the application\'s tenant'
complete -c akv-xsoar -n '__akv_xsoar_once client-id fetch get list vaults check exec push' -l client-id -x -d 'the application\'s (client) id'
complete -c akv-xsoar -n '__akv_xsoar_once client-secret-file fetch get list vaults check exec push' -l client-secret-file -r -F -d 'the file with its secret, - for stdin'
complete -c akv-xsoar -n '__akv_xsoar_once client-certificate fetch get list vaults check exec push' -l client-certificate -r -F -d 'one PEM file with its certificate (or chain) and private key'
complete -c akv-xsoar -n '__akv_xsoar_once federated-token-file fetch get list vaults check exec push' -l federated-token-file -r -F -d 'the file with its federated token (workload identity)'
complete -c akv-xsoar -n '__akv_xsoar_once managed-identity fetch get list vaults check exec push' -l managed-identity -d 'the machine\'s system-assigned identity'
complete -c akv-xsoar -n '__akv_xsoar_once managed-identity-client-id fetch get list vaults check exec push' -l managed-identity-client-id -x -d 'a user-assigned identity, by its client id'
complete -c akv-xsoar -n '__akv_xsoar_once managed-identity-object-id fetch get list vaults check exec push' -l managed-identity-object-id -x -d 'a user-assigned identity, by its object (principal) id'
complete -c akv-xsoar -n '__akv_xsoar_once managed-identity-resource-id fetch get list vaults check exec push' -l managed-identity-resource-id -x -d 'a user-assigned identity, by its Azure resource id'
complete -c akv-xsoar -n '__akv_xsoar_once identity fetch get list vaults check exec push' -l identity -x -a 'secret certificate workload imds arc app-service' -d 'pin the kind, and a managed identity\'s source'
complete -c akv-xsoar -n '__akv_xsoar_once cloud fetch get list vaults check exec push' -l cloud -x -a 'public usgov usgcc china germany bleu delos usnat ussec' -d 'one of Azure\'s clouds'
complete -c akv-xsoar -n '__akv_xsoar_once authority-host fetch get list vaults check exec push' -l authority-host -x -d 'another cloud: where its tokens come from'
complete -c akv-xsoar -n '__akv_xsoar_once vault-suffix fetch get list vaults check exec push' -l vault-suffix -x -d 'another cloud: what follows a vault\'s name in its host'
complete -c akv-xsoar -n '__akv_xsoar_once management-endpoint fetch get list vaults check exec push' -l management-endpoint -x -d 'another cloud: its Resource Manager'
complete -c akv-xsoar -n '__akv_xsoar_once subscription-id fetch get list vaults check exec push' -l subscription-id -x -d 'where vaults are looked for, by vaults, check and --vault \'*\''
complete -c akv-xsoar -n '__akv_xsoar_once resource-group fetch get list vaults check exec push' -l resource-group -x -d 'the part of the subscription where vaults are looked for'
complete -c akv-xsoar -n '__akv_xsoar_once output fetch get list vaults check push' -l output -r -F -d 'the file to write, instead of stdout'
complete -c akv-xsoar -n '__akv_xsoar_once if-changed fetch get list vaults check push' -l if-changed -d 'where the content is the same, the file keeps its inode and time'
complete -c akv-xsoar -n '__akv_xsoar_once mode fetch get list vaults check push' -l mode -x -d 'the file\'s permissions'
complete -c akv-xsoar -n '__akv_xsoar_once owner fetch get list vaults check push' -l owner -x -a '(__akv_xsoar_owner)' -d 'the file\'s owner, by number or as in /etc/passwd and /etc/group'
complete -c akv-xsoar -n '__akv_xsoar_once format list' -l format -x -a 'xsoar jsonl' -d 'how the result is written'
complete -c akv-xsoar -n '__akv_xsoar_once format vaults' -l format -x -a 'jsonl' -d 'how the result is written'
complete -c akv-xsoar -n '__akv_xsoar_once format push' -l format -x -a 'jsonl' -d 'how the result is written'
complete -c akv-xsoar -n '__akv_xsoar_once format fetch check' -l format -x -a 'xsoar jsonl dotenv shell files' -d 'how the result is written'
complete -c akv-xsoar -n '__akv_xsoar_once user-tag fetch list check push' -l user-tag -x -d 'the credential\'s user is that tag\'s value'
complete -c akv-xsoar -n '__akv_xsoar_once json-value fetch check exec push' -l json-value -d 'each value is a JSON object whose username (or user) and password are the credential\'s'
complete -c akv-xsoar -n '__akv_xsoar_once decode fetch get check' -l decode -x -a 'base64 auto' -d 'get, and the format files: the value decoded'
complete -c akv-xsoar -n '__akv_xsoar_once prefix fetch check exec' -l prefix -x -d 'dotenv, shell, exec: variables are named P and the secret\'s name in upper case, - as _'
complete -c akv-xsoar -n '__akv_xsoar_in fetch check exec' -l env -x -d 'dotenv, shell, exec: a variable of exactly this name has this secret'
complete -c akv-xsoar -n '__akv_xsoar_once pristine exec' -l pristine -d 'exec: nothing but the secrets in the environment'
complete -c akv-xsoar -n '__akv_xsoar_once status fetch check push' -l status -r -F -d 'fetch, push: the file that tells how each run went, a failed one too'
complete -c akv-xsoar -n '__akv_xsoar_once xsoar-url check push' -l xsoar-url -x -d 'the server\'s URL'
complete -c akv-xsoar -n '__akv_xsoar_once xsoar-key-file check push' -l xsoar-key-file -r -F -d 'the file with its API key, - for stdin'
complete -c akv-xsoar -n '__akv_xsoar_once xsoar-key-id check push' -l xsoar-key-id -x -d 'the key\'s id: XSOAR 8'
complete -c akv-xsoar -n '__akv_xsoar_once xsoar-key-type check push' -l xsoar-key-type -x -a 'standard advanced' -d 'the key\'s type: XSOAR 8'
complete -c akv-xsoar -n '__akv_xsoar_once dry-run push' -l dry-run -d 'push: say what would be done, and write nothing'
complete -c akv-xsoar -n '__akv_xsoar_once adopt push' -l adopt -d 'push: overwrite credentials of these names that somebody else created'
complete -c akv-xsoar -n '__akv_xsoar_once timeout fetch get list vaults check exec push' -l timeout -x -d 'for the whole run, everything included'
complete -c akv-xsoar -n '__akv_xsoar_once ca-file fetch get list vaults check exec push' -l ca-file -r -F -d 'certificates to trust besides the built-in roots'
complete -c akv-xsoar -n '__akv_xsoar_once proxy fetch get list vaults check exec push' -l proxy -x -d 'an HTTP proxy'
complete -c akv-xsoar -n '__akv_xsoar_once no-proxy fetch get list vaults check exec push' -l no-proxy -d 'no proxy at all'
complete -c akv-xsoar -n '__akv_xsoar_in fetch get list vaults check exec push' -l connect-to -x -d 'connect to HOST2:PORT2 for HOST1:PORT1, as curl does'
complete -c akv-xsoar -n '__akv_xsoar_once api-version fetch get list vaults check exec push' -l api-version -x -d 'Key Vault\'s'
complete -c akv-xsoar -n '__akv_xsoar_once parallel fetch get list vaults check exec push' -l parallel -x -d 'so many secrets at once, 1 to 16'
complete -c akv-xsoar -n '__akv_xsoar_once config fetch get list vaults check exec push' -l config -r -F -d 'a JSON file, - for stdin'
complete -c akv-xsoar -n '__akv_xsoar_once verbose fetch get list vaults check exec push' -l verbose -d 'tell which identity was chosen, and each request: host, what for, status, duration'
complete -c akv-xsoar -n '__akv_xsoar_once quiet fetch get list vaults check exec push' -l quiet -d 'errors only'
complete -c akv-xsoar -n '__akv_xsoar_once help fetch get list vaults check exec push' -l help -d 'this text, or `help COMMAND`'
complete -c akv-xsoar -n '__akv_xsoar_once version fetch get list vaults check exec push' -l version -d 'the version'
