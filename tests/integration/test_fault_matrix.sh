#!/bin/bash
# The fault matrix in network namespaces: client - router - server, a firewall on the router, and wires that delay and lose.
. "$(dirname "$0")/lib.sh"
skip() { echo "skipped: $*"; exit 0; }
[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
for program in ip nft gnutls-serv; do command -v $program >/dev/null || skip "$program is not installed"; done
[ -e /proc/net/if_inet6 ] || skip "this system has no IPv6"
unshare -n nft add table inet own 2>/dev/null || skip "this system filters no packets (nf_tables)"
peers=
client=la-client-$$ router=la-router-$$ server=la-server-$$
ip netns add $client 2>/dev/null || skip "this system makes no network namespaces"

end_network() {
    exec 7>&- 8>&- 9>&-
    # shellcheck disable=SC2086 # a list
    [ -z "$peers" ] || wait $peers
    for namespace in $client $router $server; do ip netns del $namespace 2>/dev/null; done
    stop_all
}
trap end_network EXIT
set -e
ip netns add $router
ip netns add $server

# 10.99.1.0/24, fd99:1::/64 between client (2) and router (1); 10.99.2.0/24, fd99:2::/64 between router (1) and server (2 to 6)
ip -n $client link add c type veth peer name r1 netns $router
ip -n $server link add s type veth peer name r2 netns $router
for namespace in $client $router $server; do
    ip netns exec $namespace sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    ip -n $namespace link set lo up
done
address() { # address NAMESPACE DEVICE NET HOST...
    local namespace=$1 device=$2 net=$3 host
    shift 3
    ip -n "$namespace" link set "$device" up
    for host; do
        ip -n "$namespace" addr add "10.99.$net.$host/24" dev "$device"
        ip -n "$namespace" addr add "fd99:$net::$host/64" dev "$device" nodad
    done
}
address $client c 1 2
address $router r1 1 1
address $router r2 2 1
address $server s 2 2 3 4 5 6
for net in 10.99.2.0/24 10.98.0.0/16; do ip -n $client route add $net via 10.99.1.1; done
for net in fd99:2::/64 fd98::/16; do ip -n $client -6 route add $net via fd99:1::1; done
ip -n $server route add 10.99.1.0/24 via 10.99.2.1
ip -n $server -6 route add fd99:1::/64 via fd99:2::1
ip netns exec $client sysctl -qw net.ipv4.ping_group_range="0 2147483647"
# The router finds out quickly that a host is not there, and says all it has to say.
ip netns exec $router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 \
    net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.neigh.r2.retrans_time_ms=100 \
    net.ipv6.neigh.r2.retrans_time_ms=100 net.ipv4.neigh.r2.unres_qlen=1000

ip netns exec $router nft -f - <<'NFT'
table ip filter {
    chain forward {
        type filter hook forward priority 0;
        tcp dport 3010 reject with icmp net-unreachable
        tcp dport 3011 reject with icmp host-unreachable
        tcp dport 3012 reject with icmp port-unreachable
        tcp dport 3013 reject with icmp net-prohibited
        tcp dport 3014 reject with icmp host-prohibited
        tcp dport 3015 reject with icmp admin-prohibited
        ip daddr 10.99.2.3 udp dport 1434 drop
        ip daddr 10.99.2.4 udp dport 1434 reject with icmp admin-prohibited
        ip daddr 10.99.2.4 icmp type echo-request reject with icmp admin-prohibited
    }
}
table ip6 filter {
    chain forward {
        type filter hook forward priority 0;
        tcp dport 3010 reject with icmpv6 no-route
        tcp dport 3011 reject with icmpv6 addr-unreachable
        tcp dport 3012 reject with icmpv6 port-unreachable
        tcp dport 3015 reject with icmpv6 admin-prohibited
        ip6 daddr fd99:2::3 udp dport 1434 drop
        ip6 daddr fd99:2::4 udp dport 1434 reject with icmpv6 admin-prohibited
        ip6 daddr fd99:2::4 icmpv6 type echo-request reject with icmpv6 admin-prohibited
    }
}
table inet both {
    chain forward {
        type filter hook forward priority 0;
        tcp dport 3001 drop
        ip daddr 10.99.2.6 tcp dport 1433 drop
        ip6 daddr fd99:2::6 tcp dport 1433 drop
        tcp dport 3016 reject with tcp reset
    }
}
NFT
ip netns exec $client nft -f - <<'NFT'
table inet own {
    chain output {
        type filter hook output priority 0;
        tcp dport 3030 reject with icmpx admin-prohibited
    }
}
NFT

# Peers and wires end when their standard input does.
start() { # start DESCRIPTOR LOG COMMAND...
    local descriptor=$1 log=$2 pipe=$work/pipe.$1
    shift 2
    mkfifo "$pipe"
    "$@" <"$pipe" >"$log" 2>&1 &
    peers="$peers $!"
    eval "exec $descriptor>\"$pipe\""
    within 60 grep -q '^ready' "$log" || { echo "$*: did not start"; cat "$log"; exit 1; }
}
tests=tests/integration/prober
start 7 "$work/peers.log" ip netns exec $server /usr/bin/python3 $tests/peers.py "$work" 10.99.2.2 fd99:2::2 10.99.2.6 fd99:2::6
if (exec 5<>/dev/net/tun) 2>/dev/null; then
    start 8 "$work/slow.log" /usr/bin/python3 $tests/wire.py $client $server slow 100 0 7>&-
    start 9 "$work/lossy.log" /usr/bin/python3 $tests/wire.py $client $server lossy 5 5 7>&- 8>&-
    for namespace in $client $server; do
        host=$([ $namespace = $client ] && echo 1 || echo 2)
        address $namespace slow 5 "$host"
        address $namespace lossy 6 "$host"
    done
else
    echo "skipped: bad wires need /dev/net/tun"
fi
set +e
if ip netns exec $client /usr/bin/python3 $tests/fault_matrix.py >"$work/matrix.log" 2>&1 7>&- 8>&- 9>&-; then
    ok "$(grep -c '^ok' "$work/matrix.log") faults were told apart"
else
    not_ok "some faults were not told apart"
    grep -v '^ok' "$work/matrix.log"
fi
finish
