/* estate: plays the SQL Servers of a scenario file. Usage in README.md. */
#include "certificate.h"
#include "listener.h"
#include "tls.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct program {
    struct estate estate;
    const char *scenario_path, *network, *authorities_path, *statistics_path;
    int signal_fd;
};

static void write_statistics(const struct program *program)
{
    if (!program->statistics_path)
        return;
    char *beside = format_text("%s.new", program->statistics_path);
    FILE *file = fopen(beside, "we");
    const struct scenario *scenario = program->estate.scenario;
    for (size_t i = 0; file && i < scenario->instance_count; i++)
        statistics_write(scenario->instances[i].statistics, scenario->instances[i].name, file);
    if (!file || fclose(file) != 0 || rename(beside, program->statistics_path) != 0)
        fprintf(stderr, "estate: %s: %m\n", program->statistics_path);
    free(beside);
}

static void on_signal(void *context)
{
    struct program *program = context;
    struct signalfd_siginfo signal;
    while (read(program->signal_fd, &signal, sizeof signal) == (ssize_t)sizeof signal)
        if (signal.ssi_signo == SIGUSR1)
            write_statistics(program);
        else
            eventfd_write(program->estate.stop_fd, 1);
}

static void on_ready(void *context)
{
    (void)context;
    puts("ready");
    fflush(stdout);
}

static int catch_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Two thousand listeners need more descriptors than the usual soft limit of 1,024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool run(struct program *program)
{
    struct scenario *scenario = scenario_read(program->scenario_path, program->network, stderr);
    if (!scenario)
        return false;
    struct certificates *certificates = certificates_new(scenario);
    struct tls_settings *settings = tls_settings_new(scenario, certificates, stderr);
    struct service service = {&program->estate, program->signal_fd, on_ready, on_signal, program};
    program->estate.scenario = scenario;
    bool done = settings;
    if (done && program->authorities_path)
        done = certificates_write_authorities(certificates, program->authorities_path, stderr);
    if (done) {
        done = listener_serve(&service, stderr);
        write_statistics(program);
    }
    if (settings)
        tls_settings_free(settings);
    certificates_free(certificates);
    scenario_free(scenario);
    return done;
}

static int usage(void)
{
    fputs("usage: estate [--network 127.N] [--ca FILE] [--statistics FILE] [--verbose] SCENARIO\n"
          "Prints \"ready\" when everything listens; SIGUSR1 writes the statistics, SIGTERM ends.\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"network", required_argument, NULL, 'n'},
                                            {"ca", required_argument, NULL, 'c'},
                                            {"statistics", required_argument, NULL, 's'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {0}};
    struct program program = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (option) {
        case 'n':
            program.network = optarg;
            break;
        case 'c':
            program.authorities_path = optarg;
            break;
        case 's':
            program.statistics_path = optarg;
            break;
        case 'v':
            program.estate.verbose = true;
            break;
        default:
            return usage();
        }
    if (optind != argc - 1)
        return usage();
    program.scenario_path = argv[optind];
    program.signal_fd = catch_signals();
    program.estate.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    raise_descriptor_limit();
    bool done = run(&program);
    close(program.signal_fd);
    close(program.estate.stop_fd);
    return done ? 0 : 1;
}
