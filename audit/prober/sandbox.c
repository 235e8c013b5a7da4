#include "audit/prober/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* What an event loop over sockets needs, and the C library under it. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(connect),
    SCMP_SYS(shutdown),
    SCMP_SYS(close),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(time),
    SCMP_SYS(sysinfo), /* sorting much asks for the size of the memory */
};

/* Allowed for one value of one argument, under a mask. */
static const struct {
    int call;
    unsigned argument;
    uint64_t mask, value;
} allowed_for[] = {
    {SCMP_SYS(socket), 0, UINT64_MAX, AF_INET}, {SCMP_SYS(socket), 0, UINT64_MAX, AF_INET6},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO}, /* libuv makes sockets non-blocking */
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},          {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
};

static bool install_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = filter ? 0 : -ENOMEM;
    for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; rc == 0 && i < sizeof(allowed_for) / sizeof(allowed_for[0]); i++)
        rc = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, allowed_for[i].call, 1,
            SCMP_CMP(allowed_for[i].argument, SCMP_CMP_MASKED_EQ, allowed_for[i].mask, allowed_for[i].value));
    if (rc == 0)
        rc = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return rc == 0;
}

/* The sanitizers need what it forbids, and valgrind knows no seccomp. */
#if defined(__SANITIZE_ADDRESS__) || defined(LINKAUDIT_VALGRIND)
enum { FILTER_IS_WANTED = false };
#else
enum { FILTER_IS_WANTED = true };
#endif

bool sandbox_seal(const char **error)
{
    if (geteuid() == 0 &&
        (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)) {
        *error = "root's privileges cannot be given up";
        return false;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        *error = "gaining privileges cannot be forbidden";
        return false;
    }
    if (FILTER_IS_WANTED && !install_filter()) {
        *error = "the seccomp filter cannot be installed";
        return false;
    }
    return true;
}
