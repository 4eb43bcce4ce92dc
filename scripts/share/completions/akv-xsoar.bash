# bash completion for akv-xsoar. Made from the table of the help by `scripts/manual`.
# shellcheck shell=bash

_akv_xsoar() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} words=() starts=() word between i
    # The words as they were typed: to readline one ends at a `=` or `:`, too.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        between=${line%%[![:space:]]*}
        line=${line#"$between"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$line
        line=${line#"$word"}
        if [[ $i -eq 0 || -n $between ]]; then
            words+=("$word")
            starts+=("$i")
        else
            words[${#words[@]} - 1]+=$word
        fi
    done

    local command="" topic="" option="" given=" " last=$((${#words[@]} - 1))
    for ((i = 1; i < last; i++)); do
        word=${words[i]}
        if [[ -n $option ]]; then
            option=""
            continue
        fi
        case $word in
        --)
            [[ $command != exec ]] || _akv_xsoar_other "${starts[i + 1]}"
            return
            ;;
        --vault | --secret | --match | --tag | --missing | --tenant-id | --client-id | --client-secret-file | --client-certificate | --federated-token-file | --managed-identity-client-id | --managed-identity-object-id | --managed-identity-resource-id | --identity | --cloud | --authority-host | --vault-suffix | --management-endpoint | --subscription-id | --resource-group | --output | --mode | --owner | --format | --user-tag | --decode | --prefix | --env | --status | --xsoar-url | --xsoar-key-file | --xsoar-key-id | --xsoar-key-type | --timeout | --ca-file | --proxy | --connect-to | --api-version | --parallel | --config)
            option=$word
            given+="$word "
            ;;
        -*) given+="${word%%=*} " ;;
        *) if [[ -z $command ]]; then command=$word; else topic=$word; fi ;;
        esac
    done

    local typed=${words[last]} list="" before=""
    local value=$typed
    if [[ -z $option && $typed == --*=* ]]; then
        option=${typed%%=*}
        before=$option=
        value=${typed#*=}
    fi
    if [[ -n $option ]]; then
        case $command:$option in
        *:--missing) list="sparse error skip" ;;
        *:--identity) list="secret certificate workload imds arc app-service" ;;
        *:--cloud) list="public usgov usgcc china germany bleu delos usnat ussec" ;;
        list:--format) list="xsoar jsonl" ;;
        vaults:--format) list="jsonl" ;;
        push:--format) list="jsonl" ;;
        *:--format) list="xsoar jsonl dotenv shell files" ;;
        *:--decode) list="base64 auto" ;;
        *:--xsoar-key-type) list="standard advanced" ;;
        *:--client-secret-file | *:--client-certificate | *:--federated-token-file | *:--output | *:--status | *:--xsoar-key-file | *:--ca-file | *:--config)
            # Readline's own.
            compopt -o default
            return
            ;;
        *:--owner) list=$(_akv_xsoar_owners "$value") ;;
        esac
    elif [[ $typed == -* ]]; then
        case $command in
        '') list="--vault --secret --all --match --tag --include-certificates --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --format --user-tag --json-value --decode --prefix --env --pristine --status --xsoar-url --xsoar-key-file --xsoar-key-id --xsoar-key-type --dry-run --adopt --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        fetch) list="--vault --secret --all --match --tag --include-certificates --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --format --user-tag --json-value --decode --prefix --env --status --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        get) list="--vault --secret --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --decode --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        list) list="--vault --secret --all --match --tag --include-certificates --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --format --user-tag --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        vaults) list="--tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --format --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        check) list="--vault --secret --all --match --tag --include-certificates --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --format --user-tag --json-value --decode --prefix --env --status --xsoar-url --xsoar-key-file --xsoar-key-id --xsoar-key-type --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        exec) list="--vault --secret --all --match --tag --include-certificates --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --json-value --prefix --env --pristine --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        push) list="--vault --secret --all --match --tag --include-certificates --missing --tenant-id --client-id --client-secret-file --client-certificate --federated-token-file --managed-identity --managed-identity-client-id --managed-identity-object-id --managed-identity-resource-id --identity --cloud --authority-host --vault-suffix --management-endpoint --subscription-id --resource-group --output --if-changed --mode --owner --format --user-tag --json-value --status --xsoar-url --xsoar-key-file --xsoar-key-id --xsoar-key-type --dry-run --adopt --timeout --ca-file --proxy --no-proxy --connect-to --api-version --parallel --config --verbose --quiet --help --version" ;;
        esac
        # shellcheck disable=SC2086 # several words
        list=$(_akv_xsoar_left "$given" $list)
    elif [[ -z $command || ($command == help && -z $topic) ]]; then
        list="fetch get list vaults check exec push help"
    fi
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$list" -- "$value")

    # Readline has what is before such an end already.
    local ends=${COMP_WORDBREAKS//[!=:]/}
    if [[ -n $ends ]]; then
        local kept=${typed##*["$ends"]}
        COMPREPLY=("${COMPREPLY[@]#"${typed%"$kept"}"}")
    fi
}

# _akv_xsoar_left GIVEN OPTION…: those that may be given yet.
_akv_xsoar_left() {
    local given=$1 option
    shift
    for option; do
        case $option in
        --vault | --secret | --match | --tag | --env | --connect-to) ;;
        *) [[ $given != *" $option "* ]] || continue ;;
        esac
        printf '%s ' "$option"
    done
}

# _akv_xsoar_owners VALUE: users, and behind a colon groups.
_akv_xsoar_owners() {
    case $1 in
    *:*) compgen -P "${1%%:*}:" -g -- "${1#*:}" ;;
    *) compgen -u -- "$1" ;;
    esac
}

# _akv_xsoar_other WORD: completes the command that begins with that word.
_akv_xsoar_other() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [[ $1 -eq $COMP_CWORD && ${COMP_WORDS[COMP_CWORD]} != */* ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        compopt -o default
    fi
}

complete -F _akv_xsoar akv-xsoar
