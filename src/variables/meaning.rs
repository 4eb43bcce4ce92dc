//! Names that mean something to a loader, a shell, an interpreter or a client.
//!
//! What is here runs a command, loads code, chooses where secrets go, or whom to trust; or it changes how a shell
//! reads what comes next. What an application's own settings are called is not here.

/// Names that an assignment in a shell does not keep as it is: read-only there, or made anew when read.
const KEPT_BY_SHELLS: [&str; 19] = [
    "BASHOPTS",
    "BASHPID",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SRANDOM",
    "UID",
    "_",
];

/// Whether a shell itself has the last word on this variable, so that it does not hold what is put into it.
pub(crate) fn is_kept_by_shells(name: &str) -> bool {
    KEPT_BY_SHELLS.contains(&name) || name.starts_with("BASH_")
}

/// In any case: some programs look for `no_proxy`, and some for any spelling of it.
pub(super) fn means_something(name: &str) -> bool {
    let name = &*name.to_ascii_uppercase();
    let is_among = |words: &str| words.split_whitespace().any(|word| word == name);
    let begins = |words: &str| words.split_whitespace().any(|word| name.starts_with(word));
    let ends = |words: &str| words.split_whitespace().any(|word| name.ends_with(word));
    is_kept_by_shells(name)
        || NAMES.iter().any(|words| is_among(words))
        || BEGINNINGS.iter().any(|words| begins(words))
        || ENDINGS.iter().any(|words| ends(words))
}

/// Besides those above.
const NAMES: [&str; 8] = [
    // Shells: what they evaluate or act on when it is assigned, on the way to a prompt or to a command.
    // `tests/it/variables/shells.rs` looks for these in the shells themselves.
    "ARGC ARGV0 CDPATH COLUMNS COMMAND_NOT_FOUND_HANDLER COMP_WORDBREAKS CORRECT_IGNORE CORRECT_IGNORE_FILE \
     CPUTYPE DIRSTACKSIZE EGID ENV ERRNO EXECIGNORE EXECSHELL FCEDIT FIGNORE FPATH FUNCNEST GID \
     GLOBIGNORE GLOBSORT HOME HOSTFILE IFS IGNOREEOF INPUTRC JOBMAX KEYBOARD_HACK KEYTIMEOUT LINES \
     LISTMAX LOGCHECK LOGNAME MACHTYPE MAIL MAILCHECK MAILPATH MODULE_PATH NULLCMD OLDPWD OPTARG OPTERR \
     OSTYPE PATH PATHSEP PGRP POSIXLY_CORRECT POSTEDIT PROMPT PROMPT2 PROMPT3 PROMPT4 PROMPT_DIRTRIM \
     PROMPT_EOL_MARK PS0 PS1 PS1R PS1S PS2 PS2R PS2S PS3 PS4 PS4R PS4S PSVAR PWD READNULLCMD REPLY \
     REPORTMEMORY REPORTTIME RPROMPT RPROMPT2 RPS1 RPS2 SAVEHIST SHELL SHLVL SPROMPT STTY TERM TIMEFMT \
     TIMEFORMAT TMOUT TMPPREFIX TMPSUFFIX TRY_BLOCK_ERROR TRY_BLOCK_INTERRUPT TTY TTYIDLE USER USERNAME \
     USER_ID VENDOR WATCH WATCHFMT WORDCHARS ZBEEP ZDOTDIR ZLE_RPROMPT_INDENT",
    // The loader and the C library.
    "GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LANG LANGUAGE LIBPATH LOCALDOMAIN LOCPATH NLSPATH \
     RESOLV_HOST_CONF SHLIB_PATH TEMP TERMCAP TERMPATH TMP TMPDIR TZ TZDIR",
    // Interpreters: what they load, and where they look for it.
    "BUNDLE_GEMFILE CLASSPATH CLOUDSDK_PYTHON ELECTRON_RUN_AS_NODE GOAUTH GOCACHEPROG GODEBUG GOENV GOPATH GOPROXY \
     GOROOT GOTOOLCHAIN GUILE_LOAD_COMPILED_PATH GUILE_LOAD_PATH JAVA_HOME JULIA_DEPOT_PATH JULIA_LOAD_PATH OCAMLRUNPARAM PERLDB PERLIO PERLLIB PHPRC \
     PHP_INI_SCAN_DIR PSMODULEPATH PYSPARK_DRIVER_PYTHON PYSPARK_PYTHON R_ENVIRON R_ENVIRON_USER R_LIBS \
     R_LIBS_SITE R_LIBS_USER R_PROFILE R_PROFILE_USER TCLLIBPATH TCL_LIBRARY",
    // Compilers, make, and what they start.
    "AR AS CARGO_HOME CC COMPILER_PATH CPATH CPP CXX C_INCLUDE_PATH GCC_EXEC_PREFIX LIBRARY_PATH \
     MAKEFILES MFLAGS RUSTC RUSTDOC RUSTUP_HOME RUSTUP_TOOLCHAIN",
    // Editors and pagers, which run commands of their own.
    "EXINIT GVIMINIT MANOPT MORE VIM VIMINIT VIMRUNTIME VISUAL",
    // Clients: whom they trust, what they start, where they send what they know.
    "ANSIBLE_CONFIG ANSIBLE_LIBRARY ANSIBLE_VAULT_PASSWORD_FILE AWS_CONTAINER_CREDENTIALS_FULL_URI \
     AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_SHARED_CREDENTIALS_FILE AZURE_AUTHORITY_HOST \
     AZURE_POD_IDENTITY_AUTHORITY_HOST BOTO_CONFIG CLOUDSDK_CONFIG CURL_HOME CVSROOT DEMISTO_BASE_URL \
     DOCKER_CONFIG DOCKER_HOST FREETDS FREETDSCONF GNUPGHOME HGRCPATH IDENTITY_ENDPOINT IMDS_ENDPOINT \
     KUBECONFIG KUBERNETES_SERVICE_HOST LDAPCONF LDAPRC LIBMYSQL_PLUGINS LIBMYSQL_PLUGIN_DIR MAILRC MSI_ENDPOINT MYSQL_HOME NETRC \
     ODBCINI ODBCINSTINI ODBCSYSINI ORACLE_HOME PARALLEL_SSH PGPASSFILE PGSERVICE PGSERVICEFILE \
     PGSYSCONFDIR PSQLRC RCLONE_CONFIG RIPGREP_CONFIG_PATH RSYNC_CONNECT_PROG SASL_CONF_PATH SASL_PATH \
     SCREENRC SQLPATH SSH_AUTH_SOCK SSH_SK_PROVIDER SSLKEYLOGFILE SVN_SSH TF_REATTACH_PROVIDERS TNS_ADMIN \
     VAULT_ADDR VAULT_AGENT_ADDR WGETRC",
    // Options of archivers.
    "BZIP BZIP2 GZIP TAPE UNZIP XZ_DEFAULTS ZIPOPT",
    // Desktops and service managers.
    "DISPLAY NOTIFY_SOCKET WAYLAND_DISPLAY XAUTHORITY",
];

/// And whatever follows.
const BEGINNINGS: [&str; 4] = [
    // Shells, and their histories.
    "HIST KSH YASH_ ZSH_",
    // The loader, the C library, and other libraries that load something.
    "DBUS_ DYLD_ GIO_ GNUTLS_ GST_ GTK_ LC_ LDR_ LD_ LESS MALLOC_ OPENSSL_ P11_KIT_ QT_ SSL_CERT_ \
     TERMINFO XDG_",
    // Interpreters.
    "ASPNETCORE_ BUN_ COMPLUS_ CORECLR_ COR_ DENO_ DOTNET_ ERL_ GEM_ LUA_ MONO_ NODE_ PERL5 PERL_ PYTHON \
     RUBY",
    // Clients, builders, service managers.
    "AKV_XSOAR_ AWS_ENDPOINT_URL CARGO_ALIAS_ CARGO_BUILD_ CARGO_TARGET_ CCACHE_ EMACS GIT_ KRB5 LDAPTLS_ \
     LISTEN_ NPM_CONFIG_ PIP_ SYSTEMD_ TF_CLI_",
];

/// Behind any prefix: some program somewhere reads a name that ends so.
const ENDINGS: [&str; 4] = [
    // What is run: `GIT_SSH_COMMAND`, `BORG_PASSCOMMAND`, `NULLCMD`, `SUDO_ASKPASS`, `CVS_RSH`,
    // `KUBE_EDITOR`, `MANPAGER`, `GH_BROWSER`, `CONFIG_SHELL`, `RUSTC_WRAPPER`,
    // `CMAKE_C_COMPILER_LAUNCHER`.
    "ASKPASS BROWSER CMD COMMAND EDITOR PAGER SHELL _LAUNCHER _RSH _WRAPPER",
    // What is said to it: `TAR_OPTIONS`, `PGOPTIONS`, `FZF_DEFAULT_OPTS`, `XZ_OPT`, `MAVEN_ARGS`,
    // `FOO_CFLAGS`.
    "CFLAGS CPPFLAGS CXXFLAGS GOFLAGS LDFLAGS MAKEFLAGS OPTIONS RUSTFLAGS _ARGS _OPT _OPTS",
    // Where it finds what it is told or what it loads: `AWS_CONFIG_FILE`, `BAT_CONFIG_PATH`,
    // `AZURE_CONFIG_DIR`, `HELM_CONFIG_HOME`, `CAML_LD_LIBRARY_PATH`, `HELM_PLUGINS`.
    "_CONFIG_DIR _CONFIG_FILE _CONFIG_HOME _CONFIG_PATH _LIBRARY_PATH _PLUGINS _PLUGIN_PATH",
    // Where it sends what it knows, and whom it trusts: `HTTPS_PROXY`, `AWS_ENDPOINT_URL`,
    // `REQUESTS_CA_BUNDLE`.
    "_CA_BUNDLE _ENDPOINT_URL _PROXY",
];
