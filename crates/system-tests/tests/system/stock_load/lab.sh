#!/bin/bash
# A laboratory for the activity that the golden cases were recorded from: the host's files under a
# throw-away layer, a network of its own, programs under other names, and an image of the same.
#
#   lab.sh prepare FOLDER LOAD IMAGE    LOAD is the folder with act.c and the scripts
#   lab.sh run FOLDER SCRIPT            runs a script of LOAD in the laboratory, to its end
#   lab.sh remove FOLDER IMAGE
set -eu
action=$1 folder=$2
root=$folder/root lab=$folder/upper/opt/lab

programs="nginx httpd mysqld sshd login ssh useradd usermod crontab nmap tcpdump dig socat ncat xmrig
  sudo pkexec curl java shred mkfs whoami hostname"
in_image="apk apt yum rpm dpkg nmap tcpdump dig scp rsync curl kubectl npm xmrig useradd ncat pkexec
  nginx httpd mysqld debugfs insmod"

prepare() {
    load=$1 image=$2
    mkdir -p "$folder" && mount -t tmpfs -o size=512m lab "$folder"
    mkdir -p "$folder/work" "$root" "$lab/bin" "$lab/core" "$folder/upper/root/.ssh" \
        "$folder/upper/home/user/.ssh" "$folder/upper/root/.aws" "$folder/upper/etc/sudoers.d" "$folder/upper/var/lib/rpm"
    mkdir -p "$folder/upper/etc/apt/sources.list.d" "$folder/upper/etc/cron.d" "$folder/upper/var/spool/cron"
    cc -O1 -w -static -o "$lab/act" "$load/act.c"
    for name in $programs; do cp "$lab/act" "$lab/bin/$name"; done
    for name in ls cat; do cp "$lab/act" "$lab/core/$name"; done
    cp "$load"/*.sh "$load"/*.py "$(dirname "$0")"/*.lab.sh "$lab/"
    for file in root/.ssh/id_rsa home/user/.ssh/id_rsa root/.aws/credentials root/.bash_history \
        home/user/.zsh_history root/.bashrc etc/sudoers.d/lab tmp/liblzma.so.5.6.1; do
        mkdir -p "$(dirname "$folder/upper/$file")" && echo "aws_access_key_id BEGIN RSA PRIVATE" > "$folder/upper/$file"
    done
    chmod 1777 "$folder/upper/tmp"
    echo > "$lab/go"
    mount -t overlay lab -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
    for place in proc sys dev run; do mount --rbind "/$place" "$root/$place"; mount --make-rslave "$root/$place"; done

    files=$folder/image
    mkdir -p "$files"/{bin,sbin,usr/bin,usr/sbin,etc,opt/lab,root/.ssh,home/user,tmp,data,host/etc,var/log,proc,sys,dev,run,usr/local/bin,var/spool/cron/crontabs}
    chmod 1777 "$files/tmp"
    cp /bin/busybox "$files/bin/busybox"
    for applet in $("$files/bin/busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$files/bin/$applet"; done
    cp "$lab/act" "$files/opt/lab/act"
    for name in $in_image; do rm -f "$files/bin/$name"; cp "$lab/act" "$files/usr/bin/$name"; done
    printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n' > "$files/etc/passwd"
    printf 'root:x:0:\nuser:x:1000:\n' > "$files/etc/group"
    for file in etc/shadow host/etc/shadow root/.bashrc root/.ssh/id_rsa data/file.txt var/log/app.log; do echo x > "$files/$file"; done
    tar -C "$files" -c . | docker import - "$image" > /dev/null
    docker tag "$image" lab:1
}

run() {
    # The addresses that the scripts speak to are this network's own.
    exec unshare --mount --net --pid --fork --kill-child chroot "$root" /bin/bash -c '
        mount -t proc proc /proc
        ip link set lo up
        for address in 203.0.113.5/32 192.168.77.1/32 10.96.0.1/32 2001:db8::1/128; do ip address add $address dev lo; done
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TZ=UTC
        . '"/opt/lab/$1"' < /dev/null' lab
}

remove() {
    umount -R -l "$root" 2> /dev/null || true
    umount -l "$folder" 2> /dev/null || true
    docker image rm --force lab:1 "$1" > /dev/null 2>&1 || true
}

shift 2
"$action" "$@"
