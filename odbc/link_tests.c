#include "audit/model/clock.h"
#include "audit/model/same_text.h"
#include "odbc/collector.h"
#include "odbc/statement.h"
#include "odbc/test_plan.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    TIMEOUTS_MAXIMUM = 2,
    JOB_MILLISECONDS =
        250 /* that a job may take and still begin a test: other collectors may be free for it */
};

/* A login that a target refused: not to be offered there again. */
struct refusal {
    struct refusal *next;
    const char *login, *endpoint;
    const char *link;
};

struct testing {
    struct collector *collector;
    int64_t begun;
    bool some; /* at least one was tested */
    LIST_OF(struct refusal) refusals;
    int timeouts;
};

/* Where the endpoint is not known, it may be the same. */
static bool may_be_same_endpoint(const char *a, const char *b)
{
    return !a || !b || strcasecmp(a, b) == 0;
}

static const char *why_skipped(struct testing *testing, const struct test_request *request)
{
    struct collector *collector = testing->collector;
    list_each (struct refusal, refusal, &testing->refusals) {
        if (same_text_any_case(refusal->login, request->login) &&
            may_be_same_endpoint(refusal->endpoint, request->endpoint))
            return arena_format(
                collector->scratch,
                "the target refused this remote login when the link %s was tested; another attempt "
                "could lock the account",
                refusal->link);
    }
    if (testing->timeouts >= TIMEOUTS_MAXIMUM)
        return "two tests on this instance did not end within the query time-out; no further one is started";
    if (collector->lost && !collector->job->tests_for.known)
        return "the connection to the instance broke during an earlier test";
    return NULL;
}

static void send_test(struct collector *collector, const struct test_request *request, struct link_test *test)
{
    struct linked_server link = {.name = request->link, .test = test};
    test->login = request->login && *request->login ? request->login : NULL;
    send_row(collector, &linked_server_element, &link);
}

static enum test_outcome outcome_of(const struct statement_result *result)
{
    static const enum test_outcome outcomes[] = {
        [STATEMENT_OK] = TEST_OK, [STATEMENT_FAILED] = TEST_FAILED, [STATEMENT_TIMEOUT] = TEST_TIMEOUT};
    return outcomes[result->outcome];
}

static void note_refusal(struct testing *testing, const struct test_request *request,
                         const message_list *messages)
{
    struct arena *arena = testing->collector->arena;
    list_each (struct message, message, messages) {
        if (!is_login_refusal(message))
            continue;
        struct refusal *refusal = arena_alloc(arena, sizeof(*refusal));
        refusal->login = request->login;
        refusal->endpoint = request->endpoint;
        refusal->link = request->link;
        list_append(&testing->refusals, refusal);
        return;
    }
}

/* To another session, where this one is lost. */
static bool is_left(const struct testing *testing)
{
    struct number most = testing->collector->job->tests_for;
    return testing->some && most.known &&
           (testing->collector->lost || monotonic_ms() - testing->begun >= most.value);
}

static void test_link(struct testing *testing, const struct test_request *request)
{
    struct collector *collector = testing->collector;
    forget_scratch(collector);
    const char *skipped = why_skipped(testing, request);
    if (skipped) {
        struct link_test test = {.outcome = TEST_SKIPPED, .reason = (char *)skipped};
        send_test(collector, request, &test);
        return;
    }
    if (is_left(testing))
        return;
    testing->some = true;
    struct link_test test = {.at = number_of(time(NULL))};
    const char *sql =
        statement_with(collector->scratch, statement_text(collector->scratch, "sql/test_link.sql"),
                       "REMOTELINKNAME", request->link, QUOTE_STRING);
    struct statement_result result = ask_statement(collector, sql, NULL, collector);
    test.outcome = outcome_of(&result);
    test.ms = number_of(result.ms);
    test.messages.first = result.messages.first;
    test.messages.last = result.messages.last;
    test.messages.count = result.messages.count;
    if (collector->lost && test.outcome == TEST_FAILED) {
        test.outcome = TEST_SKIPPED;
        test.reason = (char *)"the audit's own connection to the instance broke during this test";
    }
    send_test(collector, request, &test);
    note_refusal(testing, request, &result.messages);
    testing->timeouts += result.outcome == STATEMENT_TIMEOUT;
}

static void prepare_session(struct collector *collector)
{
    struct statement_result result = ask(collector, "sql/session.sql", NULL);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "session", NULL, &result);
}

void collect_link_tests(struct collector *collector)
{
    struct testing testing = {.collector = collector, .begun = monotonic_ms()};
    if (collector->fresh)
        prepare_session(collector);
    list_each (struct test_request, request, &collector->job->tests)
        test_link(&testing, request);
}
