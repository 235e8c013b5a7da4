/* An ODBC driver that misbehaves, to show that one costs its own collector and nothing else. What it does is
 * chosen by Behaviour= in the connection string:
 *
 *   crash-in-connect hang-in-connect leak-in-connect   crash-in-query hang-in-query
 *   flood       rows without end            endless     a value whose pieces never end
 *   deluge      both of them
 *   lengths     impossible lengths          messages    diagnostic records without end, unterminated
 *   columns     32767 columns, unterminated names       results     results without end
 *   refuse      SQL_ERROR without a diagnostic record
 *   echo        SQL_ERROR, and the whole connection string for a reason
 *   echo-in-query  the same for every statement but the first two
 *   environment SQL_ERROR, and what it knows of some variables for a reason
 *   leave-behind   processes that keep all descriptors for a while; then crash-in-connect
 *
 * Otherwise it answers each statement with one row of one column. Under a name of its own it misbehaves as
 * soon as it is loaded: crash-on-load.so hang-on-load.so threads-on-load.so. */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct handle {
    struct handle *parent;
    char behaviour[32], *string;
    int rows, column_reads;
};

static const char *behaviour_of(const struct handle *handle)
{
    while (handle->parent && !handle->behaviour[0])
        handle = handle->parent;
    return handle->behaviour;
}

static int behaves(SQLHANDLE handle, const char *name)
{
    return strcmp(behaviour_of(handle), name) == 0;
}

static void crash(void)
{
    raise(SIGSEGV);
}

static void hang(void)
{
    for (;;)
        sleep(60);
}

/* One that ends with the collector, and one that does not. */
static void leave_behind(void)
{
    if (fork() == 0) {
        sleep(600);
        _exit(0);
    }
    if (fork() == 0) {
        setsid();
        sleep(15);
        _exit(0);
    }
    crash();
}

static void *run_beside(void *unused)
{
    hang();
    return unused;
}

__attribute__((constructor)) static void on_load(void)
{
    Dl_info self;
    pthread_t thread;
    if (!dladdr((void *)crash, &self) || !self.dli_fname)
        return;
    if (strstr(self.dli_fname, "crash-on-load"))
        crash();
    if (strstr(self.dli_fname, "hang-on-load"))
        hang();
    if (strstr(self.dli_fname, "threads-on-load"))
        pthread_create(&thread, NULL, run_beside, NULL);
}

/* Touches what it takes, so that it costs memory and not only addresses; volatile, or the compiler leaves a
 * loop that takes nothing. At the limit it dies of the null pointer, as careless drivers do; where there is
 * none, it stops before it has taken the machine's. */
static void leak(void)
{
    enum { PIECES = 192 }; /* 3 GiB */
    static char *volatile taken;
    for (int piece = 0; piece < PIECES; piece++) {
        taken = malloc(1 << 24);
        for (size_t i = 0; i < 1 << 24; i += 4096)
            taken[i] = 1;
    }
}

static char *variables(void)
{
    static const char *const names[] = {"KRB5CCNAME", "KRB5_CLIENT_KTNAME", "TDSDUMP"};
    char text[1024] = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s=%s ", names[i], value ? value : "-");
    }
    return strdup(text);
}

static SQLSMALLINT put_wide(SQLWCHAR *to, SQLSMALLINT size, const char *text)
{
    SQLSMALLINT length = 0;
    for (; text[length] && length + 1 < size; length++)
        to[length] = (SQLWCHAR)text[length];
    if (to && size > 0)
        to[length] = 0;
    return length;
}

SQLRETURN SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *handle)
{
    struct handle *made = calloc(1, sizeof(*made));
    (void)type;
    if (!made)
        return SQL_ERROR;
    made->parent = parent;
    *handle = made;
    return SQL_SUCCESS;
}

SQLRETURN SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle)
{
    (void)type;
    free(((struct handle *)handle)->string);
    free(handle);
    return SQL_SUCCESS;
}

SQLRETURN SQLSetEnvAttr(SQLHENV handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length)
{
    (void)handle, (void)attribute, (void)value, (void)length;
    return SQL_SUCCESS;
}

SQLRETURN SQLSetConnectAttrW(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length)
{
    (void)handle, (void)attribute, (void)value, (void)length;
    return SQL_SUCCESS;
}

SQLRETURN SQLGetConnectAttrW(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER size,
                             SQLINTEGER *length)
{
    (void)handle, (void)attribute, (void)value, (void)size, (void)length;
    return SQL_ERROR;
}

SQLRETURN SQLSetStmtAttrW(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length)
{
    (void)handle, (void)attribute, (void)value, (void)length;
    return SQL_SUCCESS;
}

SQLRETURN SQLGetStmtAttrW(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER size,
                          SQLINTEGER *length)
{
    (void)handle, (void)attribute, (void)size, (void)length;
    *(SQLPOINTER *)value = NULL;
    return SQL_SUCCESS;
}

SQLRETURN SQLDriverConnectW(SQLHDBC handle, SQLHWND window, SQLWCHAR *in, SQLSMALLINT length, SQLWCHAR *out,
                            SQLSMALLINT size, SQLSMALLINT *out_length, SQLUSMALLINT completion)
{
    char text[2048];
    size_t used = 0;
    struct handle *connection = handle;
    (void)window, (void)length, (void)out, (void)size, (void)out_length, (void)completion;
    for (; in[used] && used + 1 < sizeof(text); used++)
        text[used] = (char)in[used];
    text[used] = '\0';
    const char *found = strstr(text, "Behaviour=");
    if (found) {
        size_t count = strcspn(found + 10, ";");
        memcpy(connection->behaviour, found + 10, count < 31 ? count : 31);
    }
    if (behaves(handle, "echo") || behaves(handle, "echo-in-query"))
        connection->string = strdup(text);
    if (behaves(handle, "environment"))
        connection->string = variables();
    if (behaves(handle, "crash-in-connect"))
        crash();
    if (behaves(handle, "hang-in-connect"))
        hang();
    if (behaves(handle, "leak-in-connect"))
        leak();
    if (behaves(handle, "leave-behind"))
        leave_behind();
    if (behaves(handle, "refuse") || (connection->string && !behaves(handle, "echo-in-query")))
        return SQL_ERROR;
    return behaves(handle, "messages") ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

SQLRETURN SQLDisconnect(SQLHDBC handle)
{
    (void)handle;
    return SQL_SUCCESS;
}

SQLRETURN SQLGetInfoW(SQLHDBC handle, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT size,
                      SQLSMALLINT *length)
{
    (void)handle;
    if (what == SQL_DBMS_NAME || what == SQL_DBMS_VER || what == SQL_DRIVER_ODBC_VER) {
        const char *text = what == SQL_DBMS_NAME ? "Microsoft SQL Server" : "03.52";
        SQLSMALLINT units = put_wide(value, (SQLSMALLINT)(size / 2), text);
        if (length)
            *length = (SQLSMALLINT)(behaves(handle, "lengths") ? 32767 : units * 2);
        return SQL_SUCCESS;
    }
    if (value && size >= 2)
        memset(value, 0, 2);
    return SQL_SUCCESS;
}

SQLRETURN SQLGetDiagRecW(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record, SQLWCHAR *state,
                         SQLINTEGER *native, SQLWCHAR *text, SQLSMALLINT size, SQLSMALLINT *length)
{
    (void)type;
    const struct handle *teller = handle;
    while (!teller->string && teller->parent)
        teller = teller->parent;
    const char *string = teller->string;
    if (string && record <= 2) { /* echo: once with the keyword, once without */
        const char *password = strstr(string, "PWD=");
        put_wide(state, 6, "08001");
        *native = 17;
        *length = put_wide(text, size, record == 1 || !password ? string : password + 4);
        return SQL_SUCCESS;
    }
    if (!behaves(handle, "messages"))
        return SQL_NO_DATA;
    for (int i = 0; i < 5; i++)
        state[i] = 0xD800;
    for (SQLSMALLINT i = 0; i < size; i++)
        text[i] = 0xDC00;
    *native = -1;
    *length = 32767;
    return SQL_SUCCESS;
}

/* Without it the driver manager asks for no record of a statement. */
SQLRETURN SQLGetDiagFieldW(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record, SQLSMALLINT field,
                           SQLPOINTER value, SQLSMALLINT size, SQLSMALLINT *length)
{
    (void)type, (void)handle, (void)record, (void)field, (void)value, (void)size, (void)length;
    return SQL_ERROR;
}

SQLRETURN SQLExecDirectW(SQLHSTMT handle, SQLWCHAR *text, SQLINTEGER length)
{
    (void)text, (void)length;
    static int executed;
    struct handle *statement = handle;
    statement->rows = 0;
    if (behaves(handle, "echo-in-query") && ++executed > 2)
        return SQL_ERROR;
    if (behaves(handle, "crash-in-query"))
        crash();
    if (behaves(handle, "hang-in-query"))
        hang();
    return behaves(handle, "messages") ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

SQLRETURN SQLNumResultCols(SQLHSTMT handle, SQLSMALLINT *count)
{
    *count = behaves(handle, "columns") ? 32767 : 1;
    return SQL_SUCCESS;
}

SQLRETURN SQLDescribeColW(SQLHSTMT handle, SQLUSMALLINT number, SQLWCHAR *name, SQLSMALLINT size,
                          SQLSMALLINT *length, SQLSMALLINT *type, SQLULEN *column, SQLSMALLINT *digits,
                          SQLSMALLINT *nullable)
{
    (void)number;
    *type = SQL_WVARCHAR;
    *column = ~(SQLULEN)0;
    *digits = *nullable = 0;
    *length = put_wide(name, size, "product_version");
    for (SQLSMALLINT i = 0; behaves(handle, "columns") && i < size; i++)
        name[i] = 'x';
    if (behaves(handle, "lengths"))
        *length = -1;
    return SQL_SUCCESS;
}

SQLRETURN SQLFetch(SQLHSTMT handle)
{
    struct handle *statement = handle;
    statement->column_reads = 0;
    return behaves(handle, "flood") || behaves(handle, "deluge") || statement->rows++ < 1 ? SQL_SUCCESS
                                                                                          : SQL_NO_DATA;
}

SQLRETURN SQLGetData(SQLHSTMT handle, SQLUSMALLINT number, SQLSMALLINT type, SQLPOINTER value, SQLLEN size,
                     SQLLEN *indicator)
{
    static const SQLLEN lengths[] = {-5,   -1000, 0x7FFFFFFFFFFFFFFF, (SQLLEN)0x8000000000000000, 3,
                                     8190, 8191};
    struct handle *statement = handle;
    (void)number, (void)type;
    if (behaves(handle, "endless") || behaves(handle, "deluge")) {
        memset(value, 'x', (size_t)size);
        *indicator = SQL_NO_TOTAL;
        return SQL_SUCCESS_WITH_INFO;
    }
    if (behaves(handle, "lengths")) {
        *indicator = lengths[statement->column_reads++ % 7];
        return statement->column_reads > 7 ? SQL_NO_DATA : SQL_SUCCESS;
    }
    *indicator = put_wide(value, (SQLSMALLINT)(size / 2), "15.0.2000.5") * 2;
    return SQL_SUCCESS;
}

SQLRETURN SQLMoreResults(SQLHSTMT handle)
{
    struct handle *statement = handle;
    statement->rows = 0;
    return behaves(handle, "results") ? SQL_SUCCESS : SQL_NO_DATA;
}

SQLRETURN SQLFreeStmt(SQLHSTMT handle, SQLUSMALLINT option)
{
    (void)handle, (void)option;
    return SQL_SUCCESS;
}
