/* Each case runs in a child of its own, sealed, and is judged by how the child ends. In a build with
 * sanitizers, which cannot be sealed, the cases are skipped. */
#include "audit/prober/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEALED_AND_DONE = 42, NOT_SEALED = 43 };

static int end_of(void (*act)(void))
{
#ifdef __SANITIZE_ADDRESS__
    (void)act;
    skip();
    return 0;
#else
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        const char *error;
        setenv("LINKAUDIT_UNSEALED", "1", 1); /* no word in the environment may take the seal away */
        if (!sandbox_seal(&error))
            _exit(NOT_SEALED);
        act();
        _exit(SEALED_AND_DONE);
    }
    waitpid(child, &status, 0);
    return status;
#endif
}

static void do_open(void)
{
    (void)!open("/dev/null", O_RDONLY);
}

static void do_execute(void)
{
    execl("/bin/true", "true", NULL);
}

static void do_fork(void)
{
    if (fork() == 0)
        _exit(0);
}

static void do_unix_socket(void)
{
    socket(AF_UNIX, SOCK_STREAM, 0);
}

static void do_executable_memory(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void do_kill(void)
{
    kill(getppid(), 0);
}

static void do_its_work(void)
{
    int v4 = socket(AF_INET, SOCK_STREAM, 0), v6 = socket(AF_INET6, SOCK_DGRAM, 0);
    void *memory = malloc(10 * 1024 * 1024);
    bool root = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0;
    if (v4 < 0 || v6 < 0 || !memory || root)
        _exit(1);
    free(memory);
    close(v4);
    close(v6);
}

static int compare(const void *one, const void *other)
{
    return memcmp(one, other, 1);
}

/* A certificate whose subject has a hundred values in one part makes OpenSSL sort them. */
static void do_sort(void)
{
    static char many[200][24];
    for (size_t i = 0; i < 200; i++)
        many[i][0] = (char)(i * 37);
    qsort(many, 200, sizeof(many[0]), compare);
}

static void kills(void (*act)(void))
{
    int status = end_of(act);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void sorting_is_allowed(void **state)
{
    (void)state;
    int status = end_of(do_sort);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SEALED_AND_DONE);
}

static void opening_a_file_kills(void **state)
{
    (void)state;
    kills(do_open);
}

static void executing_a_program_kills(void **state)
{
    (void)state;
    kills(do_execute);
}

static void making_a_process_kills(void **state)
{
    (void)state;
    kills(do_fork);
}

static void a_local_socket_kills(void **state)
{
    (void)state;
    kills(do_unix_socket);
}

static void executable_memory_kills(void **state)
{
    (void)state;
    kills(do_executable_memory);
}

static void signals_to_others_kill(void **state)
{
    (void)state;
    kills(do_kill);
}

static void sockets_and_memory_are_there_and_root_is_gone(void **state)
{
    (void)state;
    int status = end_of(do_its_work);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SEALED_AND_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_is_allowed),
        cmocka_unit_test(opening_a_file_kills),
        cmocka_unit_test(executing_a_program_kills),
        cmocka_unit_test(making_a_process_kills),
        cmocka_unit_test(a_local_socket_kills),
        cmocka_unit_test(executable_memory_kills),
        cmocka_unit_test(signals_to_others_kill),
        cmocka_unit_test(sockets_and_memory_are_there_and_root_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
