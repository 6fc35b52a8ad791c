# What the kernel filter looks at: whose call it is, paths, ways of opening, results, sockets.
docker run --rm --network none --cap-add NET_ADMIN --name qw-filter lab:1 sh -c '
    act=/opt/lab/act
    cat /etc/shadow; cat /etc/../etc/shadow; cd /etc; cat shadow; cat ./passwd; cat /nosuch; cd /
    echo x > /etc/x; echo x >> /bin/y; touch /root/.bashrc; mkdir /bin/z; ln -s /etc/shadow /tmp/q; rm /etc/x
    cp $act /tmp/drop; /tmp/drop read /etc/passwd; chmod u+s /tmp/drop; $act memfd; $act packet; $act unshare
    for i in 169.254.169.254 203.0.113.9; do ip addr add $i/32 dev lo; done
    $act serve 203.0.113.9 31000 2 & $act serve 169.254.169.254 80 2 & sleep 1
    $act conn 203.0.113.9 31000; $act conn 169.254.169.254 80; $act usend 169.254.169.254 99; $act udp 169.254.169.254 9
    $act usend 203.0.113.9 53; $act usend 203.0.113.9 53; $act dup 203.0.113.9 31000; $act setuid 1000; $act setns; $act uffd; $act bpf'
sleep 1
