#!/bin/sh
# A C program, step by step: preprocessed, compiled, assembled, linked, stripped; then decided about, and run in gVisor.
# Every step is traced, under claims that ship with cdi.
. "$(dirname "$0")/../chain.sh"
needs gcc:gcc as:binutils strip:binutils dpkg:dpkg runsc:runsc
needs_place gvisor
set -v

# The developer says which sources are theirs, and the distribution which files its packages have.
cp "$here"/../sum/* .
cdi key generate --out developer.pem --quiet
cdi origin sign --key developer.pem --kind source --out source.intoto.jsonl main.c sum.c sum.h
debian_signs libc6-dev linux-libc-dev "libgcc-$(gcc -dumpversion)-dev"

# An authority certifies the tools, by what runs like these execute.
cdi authority create acme --name acme-vetting
options='-O2 -fPIE -fstack-protector-strong'
linked='-static-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--fatal-warnings'
mkdir sample
cdi wrap --capture traced --summary 1.json -- gcc -E -o sample/main.i main.c
cdi wrap --capture traced --summary 2.json -- gcc $options -S -o sample/main.s sample/main.i
cdi wrap --capture traced --summary 3.json -- as -o sample/main.o sample/main.s
gcc $options -c -o sample/sum.o sum.c
cdi wrap --capture traced --summary 4.json -- gcc $linked -o sample/sum sample/main.o sample/sum.o
cdi wrap --capture traced --summary 5.json -- strip --strip-all -o sample/stripped sample/sum
certify gcc gcc 1.json 2.json 4.json
certify as as 3.json
certify strip strip 5.json
cdi authority publish acme --out revocations.intoto.jsonl
cat source.intoto.jsonl packages.intoto.jsonl revocations.intoto.jsonl > evidence.intoto.jsonl

# From source to a program.
for file in main sum; do
  traced gcc gcc -E -o $file.i $file.c
  traced gcc gcc $options -S -o $file.s $file.i
  traced as as -o $file.o $file.s
done
traced gcc gcc $linked -o sum main.o sum.o
traced strip strip --strip-all -o app sum

# What we ask for: what the compiler and the linker are to have done, a history that begins at the developer's source with no
# gap, and a place that answers system calls by a kernel of its own.
policy <<END
  require: {allOf: [STACK_CANARIES, PIE, FULL_RELRO, NX_STACK, SYSCALL_INTERPOSITION]}
  history:
    complete:
      origins: [{key: "$(key_of developer.pem)", kinds: [source]}]
      exempt: [toolchain]
END
cdi verify app --environment gvisor
prints '6 42' cdi run --environment gvisor app -- '1 2 3' '40 2'

# Not asked for, and not shown: a macro asks for it, the optimiser does it, and in between no report says so.
denied property-lost cdi explain app --environment gvisor --property FORTIFIED

# A place that does not give it:
denied residual-unmet cdi run --environment confined app -- '1 2 3'

# Canaries switched off for one of two files: the linker keeps what all of its objects have.
traced gcc gcc -O2 -fPIE -fno-stack-protector -S -o weak.s sum.i
traced as as -o weak.o weak.s
traced gcc gcc $linked -o weak main.o weak.o
denied property-lost cdi verify weak --environment gvisor

# An object of which nobody says where it comes from:
cp sample/sum.o nowhere.o
traced gcc gcc $linked -o nowhere main.o nowhere.o
denied property-lost cdi verify nowhere --environment gvisor

# The same step by a certified strip, of which nobody says that it keeps canaries:
sed '/"property": "STACK_CANARIES"/d' strip-claims.json > careless-claims.json
certify careless strip 5.json
traced careless strip --strip-all -o careless sum
denied property-not-claimed cdi verify careless --environment gvisor

# One byte changed after the last step:
cp app changed
printf x >> changed
denied no-report cdi verify changed --bundle app.intoto.jsonl --environment gvisor
