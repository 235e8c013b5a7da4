"""A bad wire between two network namespaces: wire.py NAMESPACE-A NAMESPACE-B NAME DELAY-MS DROP-EVERY

A TUN device NAME in each; packets are passed on after the delay, and every DROP-EVERY-th (0: none) is lost: at least one
packet of a retransmission gets through, so that the outcome is the same each time. Prints "ready" and ends with its
standard input.
"""
import ctypes
import fcntl
import heapq
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 1, 0x1000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def device_in(namespace, name):
    with open(f"/run/netns/{namespace}") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main():
    a, b, name, delay, drop_every = sys.argv[1:4] + [int(sys.argv[4]) / 1000, int(sys.argv[5])]
    ends = [device_in(a, name), device_in(b, name)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    queue, count = [], 0
    print("ready", flush=True)
    while True:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else None
        readable, _, _ = select.select([*ends, 0], [], [], wait)
        if 0 in readable:
            return
        for end in readable:
            packet = os.read(end, 65536)
            count += 1
            if not drop_every or count % drop_every:
                heapq.heappush(queue, (time.monotonic() + delay, count, other[end], packet))
        while queue and queue[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(queue)
            try:
                os.write(end, packet)
            except OSError:
                pass  # the other end is not up yet


main()
