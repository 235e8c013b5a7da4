#include "odbc/preload.h"
#include "odbc/connection_string.h"

#include <dirent.h>
#include <dlfcn.h>
#include <iconv.h>
#include <odbcinst.h>
#include <poll.h>
#include <signal.h>
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIAL_PATIENCE 3000 /* milliseconds */

/* FreeTDS refuses to connect without a server, but by then the driver manager has loaded it, for good. */
static void load_by_connecting(const char *driver)
{
    SQLHENV environment;
    SQLHDBC connection;
    char string[1100];
    snprintf(string, sizeof(string), "DRIVER={%s}", driver);
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment)))
        return;
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    if (SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection))) {
        SQLDriverConnect(connection, NULL, (SQLCHAR *)string, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
        SQLFreeHandle(SQL_HANDLE_DBC, connection);
    }
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
}

/* With its symbols bound: each copy would look them up again, and write what it found into pages of its own. */
static void load_library(const char *driver)
{
    char path[1024] = "";
    if (*driver == '/')
        snprintf(path, sizeof(path), "%s", driver);
    else
        SQLGetPrivateProfileString(driver, "Driver", "", path, sizeof(path), "ODBCINST.INI");
    if (*path == '/')
        dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* The character sets of SQL Server's usual collations, which FreeTDS converts by glibc's modules: one that is
 * in use stays loaded. */
static void load_conversions(void)
{
    static const char *const sets[] = {"UTF-16LE", "CP1252", "ISO-8859-1"};
    static iconv_t kept[sizeof(sets) / sizeof(sets[0])];
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        if (!kept[i])
            kept[i] = iconv_open("UTF-8", sets[i]);
}

/* Other drivers might connect to a server of their own choice. */
static void load(const char *driver)
{
    load_library(driver);
    if (driver_family(driver) == DRIVER_FREETDS) {
        load_by_connecting(driver);
        load_conversions();
    }
}

/* A copy of a process has only one of its threads: whoever waits for another waits for ever. */
static bool has_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    for (const struct dirent *entry; tasks && (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count != 1;
}

/* Whether the process ends well, in time. */
static bool ends_well(pid_t pid)
{
    int status = -1;
    int process = pidfd_open(pid, 0);
    struct pollfd wait = {process, POLLIN, 0};
    if (process < 0 || poll(&wait, 1, TRIAL_PATIENCE) != 1)
        kill(pid, SIGKILL);
    if (process >= 0)
        close(process);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

void preload_driver(const char *driver)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* fork has cleared it */
        if (getppid() != parent)
            _exit(1);
        load(driver);
        _exit(has_threads());
    }
    if (pid > 0 && ends_well(pid))
        load(driver);
}
