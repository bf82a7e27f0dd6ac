#!/bin/sh
# From a commit to a program: the history begins at the files of a commit that the developer has signed, and an edit that
# nobody committed breaks it.
. "$(dirname "$0")/../chain.sh"
needs git:git gcc:gcc dpkg:dpkg
needs_place confined
set -v

# The developer commits, and signs what is checked out: the commit, its tree, that nothing was edited, each file.
git init -q source
cp "$here"/../sum/* source
git -C source add .
git -C source -c user.name=dev -c user.email=dev@example.com commit -q -m 'Sums of numbers'
cdi key generate --out developer.pem --quiet
cdi origin sign --key developer.pem --git source --out source.intoto.jsonl
commit=$(git -C source rev-parse --short=12 HEAD)
cdi inspect source.intoto.jsonl
debian_signs libc6-dev linux-libc-dev "libgcc-$(gcc -dumpversion)-dev"

# A certified compiler.
cdi authority create acme --name acme-vetting
options='-O2 -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2'
linked='-static-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--fatal-warnings'
mkdir sample
cdi wrap --capture traced --summary 1.json -- gcc $options -c -o sample/main.o source/main.c
gcc $options -c -o sample/sum.o source/sum.c
cdi wrap --capture traced --summary 2.json -- gcc $linked -o sample/app sample/main.o sample/sum.o
certify gcc gcc 1.json 2.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl packages.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl

# From the commit to a program.
traced gcc gcc $options -c -o main.o source/main.c
traced gcc gcc $options -c -o sum.o source/sum.c
traced gcc gcc $linked -o app main.o sum.o

# We ask for a history that begins at what the developer has signed, with no gap. The verdict names the commit.
policy <<END
  require: {allOf: [STACK_CANARIES, FORTIFIED, PIE]}
  history:
    complete:
      origins: [{key: "$(key_of developer.pem)", kinds: [source]}]
      exempt: [toolchain]
END
cdi verify app --environment confined > verdict.txt
cat verdict.txt
grep -q "commit $commit, clean" verdict.txt
prints '6 42' cdi run --environment confined app -- '1 2 3' '40 2'

# An edit in the work tree: the developer signs nothing, unless told to say that it was dirty; and then not the edited file.
sed -i 's/total +=/total -=/' source/sum.c
failed git-dirty cdi origin sign --key developer.pem --git source --out dirty.intoto.jsonl
cdi origin sign --key developer.pem --git source --allow-dirty --out dirty.intoto.jsonl
cat dirty.intoto.jsonl >> evidence.intoto.jsonl
traced gcc gcc $options -c -o edited.o source/sum.c
traced gcc gcc $linked -o edited main.o edited.o
denied origin-not-accepted cdi verify edited --environment confined

# Committed, and signed again, it counts: as another commit.
git -C source -c user.name=dev -c user.email=dev@example.com commit -q -a -m 'Differences'
cdi origin sign --key developer.pem --git source --out next.intoto.jsonl
cdi verify edited --bundle edited.intoto.jsonl --bundle next.intoto.jsonl --environment confined
