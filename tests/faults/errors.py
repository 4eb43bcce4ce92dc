"""In which ways each system call fails, by its manual page.

Left out is what only a defect of the caller's brings about: EFAULT, EBADF, most of EINVAL, ENAMETOOLONG. A call that has
no other error can still be where a run is killed. Programs of the C library's and of Rust's are held to the same: what
the loader asks for fails, too.
"""

# Making a name.
PLACE = "EACCES EDQUOT EEXIST EIO ELOOP ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"

ERRORS = {
    # Files
    "openat": "EACCES EDQUOT EINTR EIO EISDIR ELOOP EMFILE ENFILE ENOENT ENOMEM ENOSPC ENOTDIR EOVERFLOW EPERM EROFS ETXTBSY",
    "open": "EACCES EINTR EIO ELOOP EMFILE ENFILE ENOENT ENOMEM ENOTDIR EPERM",
    "read": "EAGAIN EINTR EIO EISDIR",
    "readv": "EAGAIN EINTR EIO EISDIR",
    "pread64": "EINTR EIO EISDIR",
    "write": "EDQUOT EFBIG EINTR EIO ENOSPC EPERM EPIPE",
    "writev": "EDQUOT EFBIG EINTR EIO ENOSPC EPERM EPIPE",
    "close": "EDQUOT EINTR EIO ENOSPC",
    "fsync": "EDQUOT EINTR EIO ENOSPC EROFS",
    "fdatasync": "EDQUOT EINTR EIO ENOSPC EROFS",
    "lseek": "ESPIPE EOVERFLOW",
    "fstat": "ENOMEM EOVERFLOW",
    "stat": "EACCES ELOOP ENOENT ENOMEM ENOTDIR EOVERFLOW",
    "lstat": "EACCES ELOOP ENOENT ENOMEM ENOTDIR EOVERFLOW",
    "newfstatat": "EACCES ELOOP ENOENT ENOMEM ENOTDIR EOVERFLOW",
    "statx": "EACCES ELOOP ENOENT ENOMEM ENOTDIR",
    "fstatfs": "EINTR EIO ENOMEM ENOSYS EOVERFLOW",
    "access": "EACCES EIO ELOOP ENOENT ENOMEM ENOTDIR EROFS",
    "faccessat": "EACCES EIO ELOOP ENOENT ENOMEM ENOTDIR EPERM EROFS",
    "faccessat2": "EACCES EIO ELOOP ENOENT ENOMEM ENOSYS ENOTDIR EPERM EROFS",
    "readlink": "EACCES EINVAL EIO ELOOP ENOENT ENOMEM ENOTDIR",
    "readlinkat": "EACCES EINVAL EIO ELOOP ENOENT ENOMEM ENOTDIR",
    "getdents64": "EIO ENOTDIR",
    "getcwd": "EACCES ENOENT ENOMEM",
    "flock": "EAGAIN EINTR ENOLCK",
    "fcntl": "EACCES EAGAIN EINTR EMFILE ENOLCK EPERM",
    "ioctl": "ENOTTY",
    "fchmod": "EIO ENOENT ENOMEM EPERM EROFS",
    "fchmodat": "EACCES EIO ELOOP ENOENT ENOMEM EPERM EROFS",
    "fchown": "EIO ENOENT ENOMEM EPERM EROFS",
    "fgetxattr": "ENODATA EOPNOTSUPP ERANGE",
    "fremovexattr": "ENODATA EOPNOTSUPP EPERM",
    "mkdirat": PLACE + " EMLINK",
    "symlinkat": PLACE,
    "linkat": PLACE + " EMLINK EXDEV",
    "renameat": PLACE + " EBUSY EISDIR EMLINK ENOTEMPTY EXDEV",
    "renameat2": PLACE + " EBUSY EISDIR EMLINK ENOTEMPTY EXDEV",
    "unlink": "EACCES EBUSY EIO EISDIR ENOENT ENOMEM EPERM EROFS",
    "unlinkat": "EACCES EBUSY EIO EISDIR ENOENT ENOMEM ENOTEMPTY EPERM EROFS",
    "utimensat": "EACCES ENOENT EPERM EROFS",
    "pipe2": "EMFILE ENFILE",
    # The network
    "socket": "EACCES EAFNOSUPPORT EMFILE ENFILE ENOBUFS ENOMEM",
    "connect": "EACCES EADDRNOTAVAIL EAGAIN ECONNREFUSED EINTR ENETUNREACH EPERM ETIMEDOUT",
    "bind": "EACCES EADDRINUSE ENOMEM",
    "setsockopt": "ENOMEM ENOPROTOOPT",
    "getsockopt": "ENOBUFS ENOPROTOOPT",
    "getsockname": "ENOBUFS",
    "getpeername": "ENOBUFS ENOTCONN",
    "sendto": "EAGAIN ECONNRESET EINTR EMSGSIZE ENOBUFS ENOMEM EPIPE",
    "sendmsg": "EAGAIN ECONNRESET EINTR EMSGSIZE ENOBUFS ENOMEM EPIPE",
    "recvfrom": "EAGAIN ECONNREFUSED ECONNRESET EINTR ENOMEM",
    "recvmsg": "EAGAIN ECONNREFUSED ECONNRESET EINTR ENOMEM",
    "shutdown": "ENOTCONN",
    "poll": "EINTR ENOMEM",
    "ppoll": "EINTR ENOMEM",
    # Memory, threads, the process
    "brk": "ENOMEM",
    "mmap": "EACCES EAGAIN ENFILE ENODEV ENOMEM EPERM",
    "mremap": "EAGAIN ENOMEM",
    "munmap": "ENOMEM",
    "mprotect": "EACCES ENOMEM",
    "madvise": "EAGAIN EIO ENOMEM EPERM",
    # EAGAIN is for those that ask not to wait, as only the loader does.
    "getrandom": "EINTR ENOSYS",
    "prctl": "EACCES EPERM",
    "prlimit64": "EPERM",
    "sched_getaffinity": "ESRCH",
    "sigaltstack": "ENOMEM EPERM",
    "clock_nanosleep": "EINTR",
    "clone": "EAGAIN ENOMEM ENOSYS EPERM",
    "clone3": "EAGAIN ENOMEM ENOSYS EPERM",
    "membarrier": "ENOSYS EPERM",
    "execve": "E2BIG EACCES EIO ELOOP EMFILE ENFILE ENOENT ENOEXEC ENOMEM ENOTDIR EPERM ETXTBSY",
    # Where the kernel has no errors that are not the caller's; and a wake-up that did not happen, which no kernel
    # does, would be made of the other half of `futex`.
    "arch_prctl": "",
    "clock_gettime": "",
    "exit": "",
    "exit_group": "",
    "futex": "",
    "getegid": "",
    "geteuid": "",
    "getgid": "",
    "getgroups": "",
    "getpid": "",
    "gettid": "",
    "getuid": "",
    "rseq": "",
    "rt_sigaction": "",
    "rt_sigprocmask": "",
    "sched_yield": "",
    "set_robust_list": "",
    "set_tid_address": "",
    "uname": "",
}

# Where a failure has no other way out than the end of the process: what Rust's allocator does without memory.
MEMORY = {"brk", "mmap", "mremap", "munmap", "mprotect"}

# What is told of what is there only by a kernel that is wrong.
DENIALS = {"ENOENT", "ENOTDIR", "ENOTEMPTY"}

# What removes. Where that fails, what was to go is left for the next run.
REMOVING = {"unlink", "unlinkat"}
