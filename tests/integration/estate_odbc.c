/* The stand-in estate through unixODBC and FreeTDS: types, parameters, prepared statements, transactions,
 * several results, messages and timeouts. estate_odbc CONNECTION-STRING; one line per check; exit status 1
 * when one fails. */
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct client {
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT statement;
    int failures;
};

static void check(struct client *client, const char *what, bool holds)
{
    printf("%s odbc: %s\n", holds ? "ok" : "not ok", what);
    client->failures += !holds;
}

static void print_messages(SQLSMALLINT kind, SQLHANDLE handle)
{
    SQLCHAR state[6], text[512];
    SQLINTEGER number;
    for (SQLSMALLINT i = 1;
         SQL_SUCCEEDED(SQLGetDiagRec(kind, handle, i, state, &number, text, sizeof text, NULL)); i++)
        printf("    [%s] %d %s\n", state, number, text);
}

static bool has_message(SQLHSTMT statement, const char *state, SQLINTEGER wanted)
{
    SQLCHAR found_state[6], text[512];
    SQLINTEGER number;
    for (SQLSMALLINT i = 1; SQL_SUCCEEDED(
             SQLGetDiagRec(SQL_HANDLE_STMT, statement, i, found_state, &number, text, sizeof text, NULL));
         i++)
        if ((!state || strcmp((char *)found_state, state) == 0) && (!wanted || number == wanted))
            return true;
    return false;
}

static bool execute(struct client *client, const char *text)
{
    SQLFreeStmt(client->statement, SQL_CLOSE);
    SQLRETURN result = SQLExecDirect(client->statement, (SQLCHAR *)text, SQL_NTS);
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA)
        print_messages(SQL_HANDLE_STMT, client->statement);
    return SQL_SUCCEEDED(result) || result == SQL_NO_DATA;
}

/* The first column of the next row as text; "(null)", "(none)". */
static const char *fetch(struct client *client, char text[200])
{
    SQLLEN length;
    if (!SQL_SUCCEEDED(SQLFetch(client->statement)))
        return "(none)";
    if (!SQL_SUCCEEDED(SQLGetData(client->statement, 1, SQL_C_CHAR, text, 200, &length)))
        return "(error)";
    return length == SQL_NULL_DATA ? "(null)" : text;
}

static bool answers(struct client *client, const char *query, const char *expected)
{
    char text[200];
    if (!execute(client, query))
        return false;
    const char *got = fetch(client, text);
    if (strcmp(got, expected) != 0)
        printf("    got %s\n", got);
    return strcmp(got, expected) == 0;
}

/* --- checks --- */

static void check_types(struct client *client)
{
    static const struct {
        const char *expression;
        SQLSMALLINT type;
        SQLULEN size;
    } cases[] = {
        {"server_id", SQL_INTEGER, 10},
        {"name", SQL_WVARCHAR, 128},
        {"is_linked", SQL_BIT, 1},
        {"modify_date", SQL_TYPE_TIMESTAMP, 23},
        {"data_source", SQL_WVARCHAR, 4000},
        {"CAST(SERVERPROPERTY('EngineEdition') AS int)", SQL_INTEGER, 10},
        {"CAST(server_id AS bigint)", SQL_BIGINT, 19},
        {"CAST(name AS nvarchar(20))", SQL_WVARCHAR, 20},
        {"CAST(name AS varchar(20))", SQL_VARCHAR, 20},
        {"@@SPID", SQL_SMALLINT, 5},
        {"CASE WHEN server_id = 0 THEN N'local' ELSE name END", SQL_WVARCHAR, 128},
        {"COALESCE(provider_string, N'')", SQL_WVARCHAR, 4000},
        {"GETDATE()", SQL_TYPE_TIMESTAMP, 23},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char query[300], what[300];
        SQLSMALLINT type = 0;
        SQLULEN size = 0;
        snprintf(query, sizeof query, "SELECT %s AS c FROM sys.servers", cases[i].expression);
        bool done = execute(client, query) && SQL_SUCCEEDED(SQLDescribeCol(client->statement, 1, NULL, 0,
                                                                           NULL, &type, &size, NULL, NULL));
        snprintf(what, sizeof what, "%s is of type %d(%lu), wanted %d(%lu)", cases[i].expression, type,
                 (unsigned long)size, cases[i].type, (unsigned long)cases[i].size);
        check(client, what, done && type == cases[i].type && size == cases[i].size);
    }
}

static void check_values(struct client *client)
{
    check(client, "datetime keeps its 1/300 s",
          answers(client, "SELECT modify_date FROM sys.servers WHERE name = N'GOOD'",
                  "2024-02-29 23:59:59.997"));
    check(client, "NULL is NULL",
          answers(client, "SELECT provider_string FROM sys.servers WHERE name = N'GOOD'", "(null)"));
    check(client, "names compare without regard to case and trailing blanks",
          answers(client, "SELECT name FROM sys.servers WHERE name = N'good  '", "GOOD"));
    check(client, "a case-sensitive collation is one",
          answers(client,
                  "SELECT COUNT(*) AS n FROM sys.servers WHERE name COLLATE Latin1_General_CS_AS = N'good'",
                  "0"));
    check(client, "LIKE with a set, an escape and any case",
          answers(client,
                  "SELECT COUNT(*) AS n FROM sys.servers WHERE name LIKE N'many[0-1]' OR name LIKE N'%~]%' "
                  "ESCAPE N'~'",
                  "3"));
    check(client, "sql_variant of int",
          answers(client, "SELECT value FROM sys.configurations WHERE name = N'remote query timeout (s)'",
                  "600"));
    check(client, "sql_variant of text", answers(client, "SELECT SERVERPROPERTY('ServerName') AS v", "ONE"));
    check(client, "an unknown property is NULL",
          answers(client, "SELECT SERVERPROPERTY('Nonsense') AS v", "(null)"));
    check(client, "nvarchar(max)",
          execute(client, "USE [Sales]") &&
              answers(client,
                      "SELECT m.definition FROM sys.sql_modules AS m JOIN sys.objects AS o ON o.object_id = "
                      "m.object_id WHERE o.name = N'usp_a'",
                      "CREATE PROCEDURE dbo.usp_a AS SELECT 'a long text' -- end"));
    check(client, "PARSENAME splits quoted names",
          answers(client, "SELECT PARSENAME(base_object_name, 4) AS server FROM sys.synonyms", "GOOD"));
    execute(client, "USE master");
}

static void check_parameters(struct client *client)
{
    SQLINTEGER id = 1;
    SQLCHAR name[] = "GOOD";
    SQLLEN length = SQL_NTS;
    char text[200];
    SQLBindParameter(client->statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, &id, 0, NULL);
    SQLBindParameter(client->statement, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_WVARCHAR, 128, 0, name, 0,
                     &length);
    check(client, "parameters (sp_executesql)",
          execute(client, "SELECT name FROM sys.servers WHERE server_id = ? AND name = ?") &&
              strcmp(fetch(client, text), "GOOD") == 0);
    SQLFreeStmt(client->statement, SQL_CLOSE);
    bool prepared = SQL_SUCCEEDED(
        SQLPrepare(client->statement,
                   (SQLCHAR *)"SELECT name FROM sys.servers WHERE server_id = ? AND name = ?", SQL_NTS));
    for (int i = 0; i < 3; i++) {
        bool done = prepared && SQL_SUCCEEDED(SQLExecute(client->statement));
        check(client, "a prepared statement runs again and again",
              done && strcmp(fetch(client, text), "GOOD") == 0);
        SQLFreeStmt(client->statement, SQL_CLOSE);
    }
    SQLFreeStmt(client->statement, SQL_RESET_PARAMS);
    SQLFreeHandle(SQL_HANDLE_STMT, client->statement); /* sp_unprepare */
    SQLAllocHandle(SQL_HANDLE_STMT, client->connection, &client->statement);
    check(client, "and is forgotten", answers(client, "SELECT 5 AS five", "5"));
}

/* Reads the rest of a result first: FreeTDS loses its place otherwise. */
static SQLRETURN next_result(struct client *client)
{
    while (SQL_SUCCEEDED(SQLFetch(client->statement)))
        ;
    return SQLMoreResults(client->statement);
}

static void check_results(struct client *client)
{
    char text[200];
    bool first =
        answers(client, "SELECT 1 AS a; SELECT name FROM sys.servers WHERE server_id = 0 SELECT 3 AS c", "1");
    bool second = next_result(client) == SQL_SUCCESS && strcmp(fetch(client, text), "ONE") == 0;
    bool third = next_result(client) == SQL_SUCCESS && strcmp(fetch(client, text), "3") == 0;
    check(client, "several results of one batch",
          first && second && third && next_result(client) == SQL_NO_DATA);
    first = answers(client,
                    "EXEC master.sys.xp_regenumvalues N'HKEY_LOCAL_MACHINE', "
                    "N'SOFTWARE\\Microsoft\\MSSQLServer\\Client\\ConnectTo'",
                    "OLD");
    check(client, "a procedure's several results",
          first && next_result(client) == SQL_SUCCESS && strcmp(fetch(client, text), "OTHER") == 0);
}

static void check_transactions(struct client *client)
{
    SQLFreeStmt(client->statement, SQL_CLOSE);
    SQLSetConnectAttr(client->connection, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0);
    bool inside = answers(client, "SELECT @@TRANCOUNT AS n", "1");
    SQLFreeStmt(client->statement, SQL_CLOSE);
    bool committed = SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, client->connection, SQL_COMMIT));
    bool again = answers(client, "SELECT @@TRANCOUNT AS n", "1");
    SQLFreeStmt(client->statement, SQL_CLOSE);
    bool rolled_back = SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, client->connection, SQL_ROLLBACK));
    SQLSetConnectAttr(client->connection, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_ON, 0);
    check(client, "transactions begin, commit, roll back",
          inside && committed && again && rolled_back && answers(client, "SELECT @@TRANCOUNT AS n", "0"));
}

static bool refused_with(struct client *client, const char *statement, SQLINTEGER number)
{
    SQLFreeStmt(client->statement, SQL_CLOSE);
    SQLRETURN result = SQLExecDirect(client->statement, (SQLCHAR *)statement, SQL_NTS);
    bool found = has_message(client->statement, NULL, number);
    while (!found && result != SQL_NO_DATA && result != SQL_ERROR) {
        result = SQLMoreResults(client->statement);
        found = has_message(client->statement, NULL, number);
    }
    return found;
}

static void check_link_tests(struct client *client)
{
    static const struct {
        const char *link;
        SQLINTEGER number;
    } cases[] = {{"DEAD", 10061},   {"STALE", 18456},         {"NOBODY", 7416},  {"nonexistent", 7202},
                 {"WRITTEN", 7303}, {"WRITTEN", -2146893019}, {"WRITTEN", 7412}, {"DEAD", 7412}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char statement[200], what[200];
        snprintf(statement, sizeof statement, "EXEC sys.sp_testlinkedserver @servername = N'%s'",
                 cases[i].link);
        snprintf(what, sizeof what, "test of link %s gives %d", cases[i].link, cases[i].number);
        check(client, what, refused_with(client, statement, cases[i].number));
    }
    check(client, "test of a good link gives nothing", execute(client, "EXEC sp_testlinkedserver N'GOOD'"));
}

static void check_timeout(struct client *client)
{
    SQLFreeStmt(client->statement, SQL_CLOSE);
    SQLSetStmtAttr(client->statement, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0);
    time_t began = time(NULL);
    SQLRETURN result =
        SQLExecDirect(client->statement, (SQLCHAR *)"EXEC sp_testlinkedserver N'HANGS'", SQL_NTS);
    check(client, "a query timeout ends a hanging test",
          !SQL_SUCCEEDED(result) && has_message(client->statement, "HYT00", 0) && time(NULL) - began <= 4);
    SQLSetStmtAttr(client->statement, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)0, 0);
    check(client, "and leaves a usable connection", answers(client, "SELECT 7 AS seven", "7"));
}

int main(int argc, char **argv)
{
    struct client client = {0};
    if (argc != 2)
        return 2;
    SQLAllocHandle(SQL_HANDLE_ENV, NULL, &client.environment);
    SQLSetEnvAttr(client.environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, client.environment, &client.connection);
    SQLRETURN result = SQLDriverConnect(client.connection, NULL, (SQLCHAR *)argv[1], SQL_NTS, NULL, 0, NULL,
                                        SQL_DRIVER_NOPROMPT);
    check(&client, "login", SQL_SUCCEEDED(result));
    if (!SQL_SUCCEEDED(result)) {
        print_messages(SQL_HANDLE_DBC, client.connection);
        return 1;
    }
    SQLAllocHandle(SQL_HANDLE_STMT, client.connection, &client.statement);
    check_types(&client);
    check_values(&client);
    check_parameters(&client);
    check_results(&client);
    check_transactions(&client);
    check_link_tests(&client);
    check_timeout(&client);
    SQLFreeHandle(SQL_HANDLE_STMT, client.statement);
    SQLDisconnect(client.connection);
    SQLFreeHandle(SQL_HANDLE_DBC, client.connection);
    SQLFreeHandle(SQL_HANDLE_ENV, client.environment);
    return client.failures ? 1 : 0;
}
