# What the recorded scripts leave out, since their containers' privileges were not known there.
docker run --rm --network none --privileged lab:1 sh -c 'debugfs /dev/nosuch; mount -t tmpfs none /mnt; umount /mnt; dd if=/dev/vda of=/dev/null bs=1 count=1'
docker run --rm --network none --volume /etc:/host/etc:ro --volume /var/run/docker.sock:/var/run/docker.sock lab:1 cat /host/etc/hostname
sleep 1
