/* Remote procedure calls: sp_executesql and its prepared relatives, [MS-TDS] 2.2.6.6; transaction
 * requests, 2.2.6.9. */
#include "batch.h"

#include "behaviour.h"
#include "procedure.h"

#include <stdlib.h>
#include <string.h>

enum {
    RPC_EXECUTESQL = 10,
    RPC_PREPARE = 11,
    RPC_EXECUTE = 12,
    RPC_PREPEXEC = 13,
    RPC_UNPREPARE = 15,
    BY_NUMBER = 0xFFFF,
    MOST_PARAMETERS = 64,
    COMMAND_EXECUTE = 0xE0,
};

struct prepared {
    int32_t handle;
    char *text;
    char *declaration; /* "@P1 int, …" */
    struct prepared *next;
};

struct request {
    const unsigned char *at, *end;
    uint16_t number; /* 0: by name */
    char *name;
    struct sql_parameter list[MOST_PARAMETERS];
    size_t count;
};

/* --- reading parameters --- */

static bool take(struct request *request, void *bytes, size_t length)
{
    if ((size_t)(request->end - request->at) < length)
        return false;
    if (bytes)
        memcpy(bytes, request->at, length);
    request->at += length;
    return true;
}

static bool take_u16(struct request *request, uint16_t *value)
{
    unsigned char bytes[2];
    bool taken = take(request, bytes, sizeof bytes);
    *value = taken ? read_u16(bytes) : 0;
    return taken;
}

static bool take_u32(struct request *request, uint32_t *value)
{
    unsigned char bytes[4];
    bool taken = take(request, bytes, sizeof bytes);
    *value = taken ? read_u32(bytes) : 0;
    return taken;
}

static void set_text(struct sql_parameter *parameter, const unsigned char *bytes, size_t length,
                     bool is_national)
{
    free(parameter->text);
    if (is_national) {
        parameter->text = text_from_utf16(bytes, length / 2);
        return;
    }
    struct buffer text = {0};
    for (size_t i = 0; i < length; i++)
        buffer_code_point(&text, bytes[i]);
    buffer_u8(&text, 0);
    parameter->text = (char *)text.data;
}

static bool take_number(struct request *request, struct sql_parameter *parameter, size_t width)
{
    unsigned char bytes[8] = {0};
    if (width > 8 || !take(request, bytes, width))
        return false;
    uint64_t value = read_u64(bytes);
    unsigned unused = (unsigned)(8 - width) * 8;
    parameter->is_null = width == 0;
    parameter->is_number = true;
    if (width > 1) /* tinyint and bit have no sign */
        parameter->number = (int64_t)(value << unused) >> unused;
    else
        parameter->number = (int64_t)value;
    parameter->type = (struct sql_type){width == 8 ? TYPE_BIGINT : TYPE_INT, width == 8 ? 8 : 4};
    free(parameter->text);
    parameter->text = parameter->is_null ? NULL : format_text("%lld", (long long)parameter->number);
    return true;
}

/* PLP: a total, then chunks up to one of length 0. */
static bool take_plp(struct request *request, struct sql_parameter *parameter, bool is_national)
{
    unsigned char total[8];
    struct buffer bytes = {0};
    uint32_t length = 0;
    if (!take(request, total, sizeof total))
        return false;
    parameter->is_null = read_u64(total) == UINT64_MAX;
    bool taken = true;
    while (!parameter->is_null && (taken = take_u32(request, &length)) && length) {
        taken = (size_t)(request->end - request->at) >= length;
        if (!taken)
            break;
        buffer_bytes(&bytes, request->at, length);
        request->at += length;
    }
    if (taken && !parameter->is_null)
        set_text(parameter, bytes.data ? bytes.data : (unsigned char *)"", bytes.length, is_national);
    buffer_free(&bytes);
    return taken;
}

/* (n)varchar and (n)char: maximum length, collation, then length and bytes. */
static bool take_text(struct request *request, struct sql_parameter *parameter, bool is_national)
{
    uint16_t longest, length;
    parameter->type = (struct sql_type){is_national ? TYPE_NVARCHAR : TYPE_VARCHAR, 4000};
    if (!take_u16(request, &longest) || !take(request, NULL, 5))
        return false;
    if (longest == 0xFFFF)
        return take_plp(request, parameter, is_national);
    if (!take_u16(request, &length))
        return false;
    parameter->is_null = length == 0xFFFF;
    if (parameter->is_null)
        return true;
    const unsigned char *bytes = request->at;
    if (!take(request, NULL, length))
        return false;
    set_text(parameter, bytes, length, is_national);
    return true;
}

/* (n)text, in which drivers send the statement itself. */
static bool take_long_text(struct request *request, struct sql_parameter *parameter, bool is_national)
{
    uint32_t longest, length;
    parameter->type = (struct sql_type){is_national ? TYPE_NVARCHAR : TYPE_VARCHAR, 4000};
    if (!take_u32(request, &longest) || !take(request, NULL, 5) || !take_u32(request, &length))
        return false;
    parameter->is_null = length == UINT32_MAX;
    if (parameter->is_null)
        return true;
    const unsigned char *bytes = request->at;
    if (!take(request, NULL, length))
        return false;
    set_text(parameter, bytes, length, is_national);
    return true;
}

static bool take_value(struct request *request, struct sql_parameter *parameter, unsigned char type)
{
    static const struct {
        unsigned char type;
        size_t width;
    } fixed[] = {{0x30, 1}, {0x32, 1}, {0x34, 2}, {0x38, 4}, {0x7F, 8}};
    unsigned char widths[2];
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (fixed[i].type == type)
            return take_number(request, parameter, fixed[i].width);
    switch (type) {
    case 0x26: /* INTN */
    case 0x68: /* BITN */
        return take(request, widths, 2) && take_number(request, parameter, widths[1]);
    case 0xE7: /* NVARCHAR */
    case 0xEF: /* NCHAR */
        return take_text(request, parameter, true);
    case 0xA7: /* VARCHAR */
    case 0xAF: /* CHAR */
        return take_text(request, parameter, false);
    case 0x63: /* NTEXT */
        return take_long_text(request, parameter, true);
    case 0x23: /* TEXT */
        return take_long_text(request, parameter, false);
    default:
        return false;
    }
}

static bool take_parameter(struct request *request)
{
    struct sql_parameter *parameter = &request->list[request->count++];
    unsigned char length, status, type;
    *parameter = (struct sql_parameter){0};
    if (!take(request, &length, 1))
        return false;
    const unsigned char *name = request->at;
    if (!take(request, NULL, 2u * length))
        return false;
    parameter->name = text_from_utf16(name, length);
    return take(request, &status, 1) && take(request, &type, 1) && take_value(request, parameter, type);
}

static bool read_request(struct request *request, const struct buffer *payload, size_t at)
{
    static const struct {
        const char *name;
        uint16_t number;
    } names[] = {{"sp_executesql", RPC_EXECUTESQL},
                 {"sp_prepare", RPC_PREPARE},
                 {"sp_execute", RPC_EXECUTE},
                 {"sp_prepexec", RPC_PREPEXEC},
                 {"sp_unprepare", RPC_UNPREPARE}};
    uint16_t length, flags;
    *request = (struct request){.at = payload->data + at, .end = payload->data + payload->length};
    if (!take_u16(request, &length))
        return false;
    if (length == BY_NUMBER && !take_u16(request, &request->number))
        return false;
    if (length != BY_NUMBER) {
        const unsigned char *name = request->at;
        if (!take(request, NULL, 2u * length))
            return false;
        request->name = text_from_utf16(name, length);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (same_text(names[i].name, request->name))
                request->number = names[i].number;
    }
    if (!take_u16(request, &flags))
        return false;
    while (request->at < request->end && request->count < MOST_PARAMETERS)
        if (!take_parameter(request))
            return false;
    return request->at == request->end;
}

static void parameters_free(struct sql_parameter *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].name);
        free(list[i].text);
    }
}

/* --- running --- */

/* "@P1 int, @P2 nvarchar(4000)": the names in order, for parameters that come without one. */
static void name_parameters(const char *declaration, struct sql_parameter *list, size_t count)
{
    struct sql_tokens tokens = sql_tokens_read(declaration ? declaration : "");
    size_t parameter = 0;
    for (size_t i = 0; i < tokens.count && parameter < count; i++) {
        bool starts = i == 0 || sql_is_symbol(&tokens.list[i - 1], ",");
        if (!starts || tokens.list[i].kind != SQL_VARIABLE)
            continue;
        if (!*list[parameter].name) {
            free(list[parameter].name);
            list[parameter].name = duplicate(tokens.list[i].text);
        }
        parameter++;
    }
    sql_tokens_free(&tokens);
}

static void end_procedure(struct session *session, bool succeeded, const int32_t *handle)
{
    if (session->interrupted || session->reply.broken)
        return;
    reply_return_status(&session->reply, succeeded ? 0 : 1);
    if (handle)
        reply_return_int(&session->reply, 0, "", *handle);
    reply_done(&session->reply, TOKEN_DONEPROC, succeeded ? 0 : DONE_ERROR, COMMAND_EXECUTE, 0);
}

static bool run_text(struct session *session, const char *text, const char *declaration,
                     struct sql_parameter *list, size_t count)
{
    name_parameters(declaration, list, count);
    struct sql_parameters parameters = {list, count};
    return behaviour_at_statement(session, text) && statements_run(session, text, &parameters, true);
}

static struct prepared *prepare(struct session *session, const char *text, const char *declaration)
{
    struct prepared *prepared = allocate(sizeof *prepared);
    prepared->handle = ++session->last_handle;
    prepared->text = duplicate(text);
    prepared->declaration = duplicate(declaration ? declaration : "");
    prepared->next = session->prepared;
    session->prepared = prepared;
    return prepared;
}

static struct prepared **find_prepared(struct session *session, const struct request *request)
{
    struct prepared **place = &session->prepared;
    while (*place && (!request->count || (*place)->handle != request->list[0].number))
        place = &(*place)->next;
    return place;
}

static void no_such_handle(struct session *session, const struct request *request)
{
    reply_error(&session->reply, 8179, 2, 16, "Could not find prepared statement with handle %d.",
                request->count ? (int)request->list[0].number : 0);
    end_procedure(session, false, NULL);
}

static void execute_sql(struct session *session, struct request *request)
{
    if (!request->count || !request->list[0].text) {
        protocol_error(session);
        return;
    }
    size_t first = request->count > 2 ? 2 : request->count;
    bool succeeded =
        run_text(session, request->list[0].text, request->count > 1 ? request->list[1].text : NULL,
                 request->list + first, request->count - first);
    end_procedure(session, succeeded, NULL);
}

/* handle OUTPUT, declaration, statement, [options or] values */
static void prepare_and_execute(struct session *session, struct request *request)
{
    if (request->count < 3 || !request->list[2].text) {
        protocol_error(session);
        return;
    }
    struct prepared *prepared = prepare(session, request->list[2].text, request->list[1].text);
    bool succeeded = true;
    if (request->number == RPC_PREPEXEC)
        succeeded =
            run_text(session, prepared->text, prepared->declaration, request->list + 3, request->count - 3);
    end_procedure(session, succeeded, &prepared->handle);
}

static void execute_prepared(struct session *session, struct request *request)
{
    struct prepared *prepared = *find_prepared(session, request);
    if (!prepared) {
        no_such_handle(session, request);
        return;
    }
    bool succeeded =
        run_text(session, prepared->text, prepared->declaration, request->list + 1, request->count - 1);
    end_procedure(session, succeeded, NULL);
}

static void unprepare(struct session *session, struct request *request)
{
    struct prepared **place = find_prepared(session, request), *prepared = *place;
    if (!prepared) {
        no_such_handle(session, request);
        return;
    }
    *place = prepared->next;
    prepared->next = NULL;
    prepared_free(prepared);
    end_procedure(session, true, NULL);
}

static void end_result(void *context, uint64_t rows)
{
    struct session *session = context;
    reply_done(&session->reply, TOKEN_DONEINPROC, DONE_MORE | (session->no_count ? 0 : DONE_COUNT),
               COMMAND_SELECT, rows);
}

/* {call sys.sp_testlinkedserver(?)} */
static void call_by_name(struct session *session, const struct request *request)
{
    struct call call = {0};
    const char *dot = request->name ? strrchr(request->name, '.') : NULL;
    call.procedure = duplicate(dot ? dot + 1 : request->name ? request->name : "");
    for (; call.count < request->count && call.count < MOST_ARGUMENTS; call.count++) {
        const struct sql_parameter *parameter = &request->list[call.count];
        call.arguments[call.count].name = *parameter->name ? duplicate(parameter->name) : NULL;
        call.arguments[call.count].text = parameter->text ? duplicate(parameter->text) : NULL;
    }
    statistics_count(session->instance->statistics, COUNT_STATEMENTS);
    bool succeeded =
        behaviour_at_statement(session, "EXEC") && procedure_run(session, &call, end_result, session);
    end_procedure(session, succeeded, NULL);
    call_free(&call);
}

void rpc_execute(struct session *session, const struct buffer *payload)
{
    struct request request = {0};
    size_t at;
    if (!skip_headers(session, payload, &at) || !read_request(&request, payload, at))
        protocol_error(session);
    else if (request.number == RPC_EXECUTESQL)
        execute_sql(session, &request);
    else if (request.number == RPC_PREPARE || request.number == RPC_PREPEXEC)
        prepare_and_execute(session, &request);
    else if (request.number == RPC_EXECUTE)
        execute_prepared(session, &request);
    else if (request.number == RPC_UNPREPARE)
        unprepare(session, &request);
    else
        call_by_name(session, &request);
    parameters_free(request.list, request.count);
    free(request.name);
}

void prepared_free(struct prepared *prepared)
{
    while (prepared) {
        struct prepared *next = prepared->next;
        free(prepared->text);
        free(prepared->declaration);
        free(prepared);
        prepared = next;
    }
}

/* --- transactions --- */

enum { TRANSACTION_BEGIN = 5, TRANSACTION_COMMIT = 7, TRANSACTION_ROLLBACK = 8, FLAG_BEGIN_NEXT = 1 };

static void begin(struct session *session)
{
    unsigned char bytes[8] = {0};
    session->transaction = 0x0000000100000000u + session->reply.spid;
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(session->transaction >> (8 * i));
    reply_environment_bytes(&session->reply, ENVIRONMENT_BEGIN, bytes, 8, NULL, 0);
}

static void end_transaction(struct session *session, int how)
{
    unsigned char bytes[8] = {0};
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(session->transaction >> (8 * i));
    if (session->transaction)
        reply_environment_bytes(&session->reply, how, NULL, 0, bytes, 8);
    session->transaction = 0;
}

void transaction_execute(struct session *session, const struct buffer *payload)
{
    size_t at;
    if (!skip_headers(session, payload, &at) || payload->length < at + 2) {
        protocol_error(session);
        return;
    }
    uint16_t request = read_u16(payload->data + at);
    const unsigned char *rest = payload->data + at + 2, *end = payload->data + payload->length;
    if (request == TRANSACTION_BEGIN) {
        begin(session);
    } else if (request == TRANSACTION_COMMIT || request == TRANSACTION_ROLLBACK) {
        end_transaction(session, request == TRANSACTION_COMMIT ? ENVIRONMENT_COMMIT : ENVIRONMENT_ROLLBACK);
        if (rest < end && rest + 1 + *rest < end && (rest[1 + *rest] & FLAG_BEGIN_NEXT))
            begin(session);
    } else {
        protocol_error(session);
        return;
    }
    reply_done(&session->reply, TOKEN_DONE, 0, 0, 0);
}
