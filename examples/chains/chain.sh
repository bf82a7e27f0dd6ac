# What the chains here share; each `run.sh` reads it first. It works in a folder of its own, with the example's
# files in it: a new one that stays if it is the first argument, or else one that goes with the script. The shell prints each
# command of the script before it runs it.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -gt 0 ]; then
  work=$1
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi

# fail TEXT: says what did not come out as the example says, and ends.
fail() {
  echo "$(basename "$here"): $1" >&2
  exit 1
}

# needs PROGRAM:WHERE...: ends with status 77 where a program is not here, as a test that is passed over does.
needs() {
  for need in "$@"; do
    command -v "${need%%:*}" >/dev/null && continue
    echo "passed over: \`${need%%:*}\` is not here; it comes with ${need#*:}" >&2
    exit 77
  done
}

# needs_place NAME: the same for a place that programs run in.
needs_place() {
  cdi environment list --output json | tr -d ' \n' | grep -q "\"name\":\"$1\",[^}]*\"available\":true" && return
  echo "passed over: programs cannot run in \`$1\` here; \`cdi environment list\` says why" >&2
  exit 77
}

# shown COMMAND...: prints a command, and runs it.
shown() {
  echo "\$ $*" >&2
  "$@"
}

# denied CODE COMMAND...: the command refuses, by the status that it has for that, and says why by this code.
denied() {
  case $3 in run | deploy) says 126 "$@" ;; *) says 1 "$@" ;; esac
}

# failed CODE COMMAND...: the command does nothing, and says why by this code.
failed() {
  case $3 in run | deploy | wrap) says 125 "$@" ;; *) says 2 "$@" ;; esac
}

# prints WORDS COMMAND...: the command does what it is asked, and prints these words.
prints() {
  wanted=$1
  shift
  printed=$("$@") || fail "\`$*\` ended with $?"
  echo "$printed"
  # shellcheck disable=SC2086
  [ "$(echo $printed)" = "$wanted" ] || fail "\`$*\` printed something else"
}

# ends STATUS COMMAND...: the program that the command runs ends with this status.
ends() {
  wanted=$1 status=0
  shift
  "$@" || status=$?
  [ "$status" -eq "$wanted" ] || fail "\`$*\` ended with $status, and $wanted was to be"
}

says() {
  wanted=$1 code=$2 status=0
  shift 2
  "$@" >.said 2>&1 || status=$?
  cat .said
  [ "$status" -eq "$wanted" ] || fail "\`$*\` ended with $status, and $wanted was to be"
  grep -q "\[$code\]" .said || fail "\`$*\` did not say [$code]"
}

# key_of FILE: the public key in it, as documents have it.
key_of() {
  cdi key show "$1" --only public-key
}

# debian_signs PACKAGE...: a supplier's list of its files, packages.intoto.jsonl: headers, start-up objects, libraries. The key is
# ours here; in earnest it is the supplier's.
debian_signs() {
  shown cdi key generate --out debian.pem --quiet
  dpkg -L "$@" > packages.txt
  shown cdi origin sign --key debian.pem --kind toolchain --list packages.txt --out packages.intoto.jsonl
}

# certify NAME TOOL SUMMARY...: the tool gets a report key NAME.pem, and acme-vetting certifies it in NAME.intoto.jsonl: by the
# claims in NAME-claims.json, or else by those that ship with cdi. What may run is what ran in the runs of the summaries.
certify() {
  name=$1 tool=$2
  shift 2
  summaries=
  for summary in "$@"; do summaries="$summaries --summary $summary"; done
  version=$(PATH=/usr/bin:/bin:$PATH "$tool" --version 2>&1 | sed -n '1s/^\([^0-9]*[ (]\)\{0,1\}\([0-9][^ )]*\).*/\2/p')
  [ -e "$name.pem" ] || shown cdi key generate --out "$name.pem" --quiet
  # shellcheck disable=SC2086
  shown cdi request certification --key "$name.pem" --tool-name "$tool" --tool-version "${version:-unknown}" --supplier debian \
    $summaries --linkage dynamic --custody software --out "$name-request.intoto.jsonl"
  [ -e "$name-claims.json" ] ||
    shown cdi authority template --for "$tool" --supplier debian.pub.pem --out "$name-claims.json"
  shown cdi authority certify acme --request "$name-request.intoto.jsonl" --claims "$name-claims.json" ${words:+--catalogue "$words"} --for 90d \
    --vetting-method documentation --out "$name.intoto.jsonl"
}

# traced NAME COMMAND...: a recorded run of the tool that was certified as NAME. The recorder opens every file for it, and takes
# along its certification and the statements in evidence.intoto.jsonl.
traced() {
  name=$1
  shift
  shown cdi wrap --capture traced --key "$name.pem" --bundle "$name.intoto.jsonl" --bundle evidence.intoto.jsonl -- "$@"
}

# policy: writes me.yaml, with whom we trust, which is acme-vetting, and what we ask for, which comes on standard input; and the
# configuration of a host where nobody else must agree.
policy() {
  cat > me.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Policy
metadata: {name: me-1}
spec:
  principal: me
  rule: default-deny
  catalogue: "$(cdi catalogue ${words:+--catalogue "$words"} --output digest)"
  trust:
    anchors: [{name: acme-vetting, keys: ["$(key_of acme/public.pem)"], scope: ["*"]}]
    quorum: {default: 1}
    custody: software
    revocation: {maxAge: 7d}
END
  cat >> me.yaml
  cat > cdi.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Configuration
metadata: {name: my-host}
spec:
  host: me
  principals: [{name: me, policy: me.yaml, required: always}]
END
  [ -z "$words" ] || echo "  catalogues: [{path: $words}]" >> cdi.yaml
}

mkdir -p "$work"
cp -R "$here/." "$work"
cd "$work"
# A catalogue of words of one's own, where a chain has one.
words=
CDI_STATE=$PWD/.state XDG_CACHE_HOME=$PWD/.cache
export CDI_STATE XDG_CACHE_HOME
unset CDI_CONFIG
