# Runs a program where it can do nothing to the machine: in namespaces and control groups of its own, as root of a copy of all
# files that is thrown away. `sh sandbox.sh ROOM PROGRAM ARGUMENT...`, by root, where ROOM is an empty folder that nobody else uses
# meanwhile. Only files that are written to `ROOM.out` stay.
set -e
# Whatever goes wrong before the program begins is told from how the program ends.
trap 'exit 99' EXIT
groups=/sys/fs/cgroup
hierarchies=
for folder in "$groups" "$groups"/*; do [ ! -e "$folder/cgroup.procs" ] || hierarchies="$hierarchies $folder"; done

if [ "$1" != --inside ]; then
    own=cdi-mutants/$(echo "${1#/}" | tr / -)
    mine=
    for folder in $hierarchies; do mine="$mine $folder/$own"; done
    # What an earlier program has made of its groups goes with them.
    for attempt in 1 2 3 4 5 6 7 8 9; do
        left=
        for group in $mine; do [ ! -d "$group" ] || left="$left $group"; done
        [ -n "$left" ] || break
        find $left -depth -type d -exec rmdir {} + 2> /dev/null || sleep 0.1
    done
    mkdir -p "$1.out" $mine
    for folder in $hierarchies; do
        for file in cpuset.cpus cpuset.mems; do
            [ ! -e "$folder/$file" ] || {
                read -r all < "$folder/$file"
                echo "$all" > "$folder/cdi-mutants/$file"
                echo "$all" > "$folder/$own/$file"
            }
        done
        echo $$ > "$folder/$own/cgroup.procs"
    done
    exec unshare --cgroup --ipc --mount --net --pid --uts --propagation private --fork --kill-child \
        sh "$0" --inside "$PWD" "$@"
fi

place=$2
room=$3
shift 3
out=$room.out
mount -t tmpfs -o size=4g tmpfs "$room"
root=$room/root
mkdir "$room/upper" "$room/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$room/upper,workdir=$room/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
ln -s /proc/self/fd pts/ptmx "$root/dev"
# The groups as this namespace sees them: its own are the first.
[ -e "$groups/cgroup.procs" ] || mount -t tmpfs -o mode=755 tmpfs "$root$groups"
for folder in $hierarchies; do
    case ${folder#"$groups"} in
    '' | /unified) kind=cgroup2 options=rw ;;
    /systemd) kind=cgroup options=none,name=systemd ;;
    /*) kind=cgroup options=${folder##*/} ;;
    esac
    [ -d "$root$folder" ] || mkdir "$root$folder"
    mount -t $kind -o "$options" $kind "$root$folder"
done
mount --bind "$out" "$root$out"
ip link set lo up
# A runtime that takes seconds to start can be kept from taking part.
[ -z "$CDI_MUTANTS_WITHOUT" ] || rm -f "$root$CDI_MUTANTS_WITHOUT"
cd "$root"
pivot_root . .
umount -l .
cd "$place"
trap - EXIT
"$@"
