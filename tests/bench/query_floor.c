/* What reading an estate through ODBC costs at least: the statements that the collector sends, run over one
 * connection to each instance, every value fetched and thrown away.
 *
 *   query_floor FIRST-ADDRESS COUNT PROCESSES STATEMENTS
 *
 * COUNT SQL Servers from an IPv4 address on, port 1433, user audit, password bench; STATEMENTS is a file of
 * statements, each ended by a NUL. Prints how many statements were run. */
#include <arpa/inet.h>
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct statements {
    char *text;
    size_t length;
};

static bool read_statements(const char *path, struct statements *statements)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    statements->length = fread(statements->text, 1, 1 << 20, file);
    fclose(file);
    return statements->length > 0 && statements->text[statements->length - 1] == '\0';
}

static void fetch_all(SQLHSTMT statement)
{
    static SQLWCHAR value[64 * 1024];
    SQLSMALLINT columns = 0;
    do {
        SQLNumResultCols(statement, &columns);
        while (columns > 0 && SQL_SUCCEEDED(SQLFetch(statement)))
            for (SQLSMALLINT i = 1; i <= columns; i++) {
                SQLLEN length;
                SQLGetData(statement, (SQLUSMALLINT)i, SQL_C_WCHAR, value, sizeof(value), &length);
            }
    } while (SQL_SUCCEEDED(SQLMoreResults(statement)));
}

/* A statement that the server refuses has been asked as well. */
static uint64_t run_statements(SQLHDBC connection, const struct statements *statements)
{
    uint64_t done = 0;
    const char *end = statements->text + statements->length;
    for (char *text = statements->text; text < end; text += strlen(text) + 1) {
        SQLHSTMT statement;
        if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement)))
            break;
        if (SQL_SUCCEEDED(SQLExecDirect(statement, (SQLCHAR *)text, SQL_NTS)))
            fetch_all(statement);
        SQLFreeHandle(SQL_HANDLE_STMT, statement);
        done++;
    }
    return done;
}

static uint64_t read_instance(SQLHENV environment, uint32_t address, const struct statements *statements)
{
    struct in_addr network = {htonl(address)};
    char string[256];
    SQLHDBC connection;
    uint64_t done = 0;
    snprintf(string, sizeof(string),
             "DRIVER={FreeTDS};SERVER=%s;PORT=1433;TDS_Version=7.4;Encryption=request;UID=audit;PWD=bench",
             inet_ntoa(network));
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection)))
        return 0;
    if (SQL_SUCCEEDED(SQLDriverConnect(connection, NULL, (SQLCHAR *)string, SQL_NTS, NULL, 0, NULL,
                                       SQL_DRIVER_NOPROMPT))) {
        done = run_statements(connection, statements);
        SQLDisconnect(connection);
    }
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    return done;
}

/* Every PROCESSES-th instance. */
static uint64_t read_share(uint32_t first, uint32_t count, uint32_t share, uint32_t shares,
                           const struct statements *statements)
{
    SQLHENV environment;
    uint64_t done = 0;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment)))
        return 0;
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    for (uint32_t i = share; i < count; i += shares)
        done += read_instance(environment, first + i, statements);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
    return done;
}

int main(int argc, char **argv)
{
    static char text[1 << 20];
    struct statements statements = {text, 0};
    struct in_addr first;
    uint32_t count = argc == 5 ? (uint32_t)atol(argv[2]) : 0,
             processes = argc == 5 ? (uint32_t)atol(argv[3]) : 0;
    int results[2];
    if (!count || !processes || inet_pton(AF_INET, argv[1], &first) != 1 ||
        !read_statements(argv[4], &statements) || pipe(results) != 0) {
        fprintf(stderr, "usage: query_floor FIRST-ADDRESS COUNT PROCESSES STATEMENTS\n");
        return 3;
    }
    for (uint32_t i = 0; i < processes; i++) {
        if (fork() == 0) {
            uint64_t done = read_share(ntohl(first.s_addr), count, i, processes, &statements);
            _exit(write(results[1], &done, sizeof(done)) == sizeof(done) ? 0 : 1);
        }
    }
    uint64_t done, sum = 0;
    for (uint32_t i = 0; i < processes; i++)
        sum += read(results[0], &done, sizeof(done)) == sizeof(done) ? done : 0;
    while (wait(NULL) > 0)
        ;
    printf("%llu\n", (unsigned long long)sum);
    return sum > 0 ? 0 : 1;
}
