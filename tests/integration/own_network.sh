# own_network: whether an integration script gets a network, and mounts, of its own: as root, if nothing says otherwise
own_network() {
    [ -z "${LINKAUDIT_TEST_NETWORK-}" ] && [ "$(id -u)" -eq 0 ] && unshare -n -m ip link set lo up 2>/dev/null
}
