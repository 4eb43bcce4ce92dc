# What a shell is like after variables were assigned as the README says, in a directory that has the
# variables' `value`, their `names` and the `assignments`.
eval "$(/bin/cat assignments)"
akv_look() {
  IFS= read -r akv_value <value
  while IFS= read -r akv_name; do
    eval "akv_found=\${$akv_name-}"
    [ "$akv_found" = "$akv_value" ] || printf 'look: %s is not what was assigned\n' "$akv_name"
  done <names
  while read -r akv_key akv_rest; do
    case $akv_key in Uid:|Gid:) printf 'look: %s %s\n' "$akv_key" "$akv_rest" ;; esac
  done </proc/self/status
  printf 'look: %s %s\n' "$-" "$(umask)"
  # What every user sees of a command.
  printf 'look: %s\n' "$(/bin/cat /proc/self/cmdline | /usr/bin/tr '\0' ' ')"
}
akv_look
akv_behave() {
  set -o
  set -- one 'two  three'
  printf '%s|' "$*" $# $((6 * 7)) * /pro[c] ~/x
  cd /proc && pwd && cd - && cd "$OLDPWD"
  /bin/cat <<TEXT
$((1 + 2)) $1
TEXT
  printf one | /bin/cat
  (exit 3)
  printf '%s %5.1f\n' $? 1.5
  for akv_item in a b; do case $akv_item in [[:alpha:]]) printf %s $akv_item ;; esac done
  set -x
  : traced
  set +x
  akv_nothing_is_called_so
  getopts ab akv_option -a && printf '%s\n' "$akv_option"
  >redirected
  <redirected
}
akv_behave
