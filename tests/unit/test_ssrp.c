#include "audit/prober/ssrp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t answer_of(uint8_t *answer, const char *text)
{
    size_t length = strlen(text);
    answer[0] = 0x05;
    answer[1] = (uint8_t)length;
    answer[2] = (uint8_t)(length >> 8);
    memcpy(answer + 3, text, length);
    return length + 3;
}

static const char *read_text(struct arena *arena, const char *text, ssrp_list *instances)
{
    uint8_t answer[4096];
    size_t length = answer_of(answer, text);
    return ssrp_read(arena, answer, length, instances);
}

static void requests_are_as_the_specification_writes_them(void **state)
{
    (void)state;
    uint8_t request[SSRP_REQUEST_MAXIMUM];
    assert_int_equal(ssrp_request(request, NULL), 1);
    assert_int_equal(request[0], 0x03);
    assert_int_equal(ssrp_request(request, "YUKONSTD"), 10);
    assert_memory_equal(request, "\x04YUKONSTD\0", 10);
    assert_int_equal(ssrp_request(request, "12345678901234567890123456789012"), 34);
    assert_int_equal(ssrp_request(request, "123456789012345678901234567890123"), 0);
}

static void an_instance_is_read_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    ssrp_list instances = {0};
    assert_null(
        read_text(arena,
                  "ServerName;ILSUNG1;InstanceName;YUKONSTD;IsClustered;No;Version;9.00.1399.06;tcp;57137;"
                  "np;\\\\ILSUNG1\\pipe\\MSSQL$YUKONSTD\\sql\\query;;",
                  &instances));
    assert_int_equal(instances.count, 1);
    struct ssrp_instance *instance = ssrp_find(&instances, "yukonstd");
    assert_non_null(instance);
    assert_string_equal(instance->server_name, "ILSUNG1");
    assert_string_equal(instance->version, "9.00.1399.06");
    assert_int_equal(instance->clustered, TERNARY_FALSE);
    assert_true(instance->tcp_port.known);
    assert_int_equal(instance->tcp_port.value, 57137);
    assert_string_equal(instance->pipe, "\\\\ILSUNG1\\pipe\\MSSQL$YUKONSTD\\sql\\query");
    arena_free(arena);
}

static void several_instances_and_three_valued_protocols_stay_in_step(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    ssrp_list instances = {0};
    assert_null(read_text(
        arena,
        "ServerName;A;InstanceName;ONE;IsClustered;Yes;Version;8.00.194;bv;item;group;org;tcp;1433;;"
        "ServerName;A;InstanceName;TWO;IsClustered;No;Version;16.0.1000.6;np;\\\\A\\pipe\\x;;",
        &instances));
    assert_int_equal(instances.count, 2);
    assert_int_equal(ssrp_find(&instances, "ONE")->tcp_port.value, 1433);
    assert_int_equal(ssrp_find(&instances, "ONE")->clustered, TERNARY_TRUE);
    assert_false(ssrp_find(&instances, "TWO")->tcp_port.known);
    assert_null(ssrp_find(&instances, "THREE"));
    arena_free(arena);
}

static void a_port_that_is_none_is_not_known(void **state)
{
    (void)state;
    static const char *const ports[] = {"", "0", "65536", "99999999999999999999", "-1", "1433x", " 1433"};
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        struct arena *arena = arena_new();
        ssrp_list instances = {0};
        char text[200];
        snprintf(text, sizeof(text), "ServerName;A;InstanceName;B;tcp;%s;;", ports[i]);
        const char *error = read_text(arena, text, &instances);
        /* An empty value and the end of the instance look alike, and are taken as such. */
        if (!error)
            assert_false(instances.first->tcp_port.known);
        arena_free(arena);
    }
}

static void what_is_cut_off_or_no_answer_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        ";;",
                                        "ServerName",
                                        "ServerName;A;InstanceName;B;tcp;1433",
                                        "ServerName;A;InstanceName;B;tcp;1433;",
                                        "ServerName;A;InstanceName;;",
                                        "InstanceName;B;;",
                                        "ServerName;A;InstanceName;B;bv;1;2",
                                        "hello"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct arena *arena = arena_new();
        ssrp_list instances = {0};
        assert_non_null(read_text(arena, texts[i], &instances));
        arena_free(arena);
    }
}

static void a_length_that_lies_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    ssrp_list instances = {0};
    uint8_t answer[4096];
    size_t length = answer_of(answer, "ServerName;A;InstanceName;B;tcp;1433;;");
    assert_null(ssrp_read(arena, answer, length, &instances));
    assert_non_null(ssrp_read(arena, answer, length - 1, &instances));
    answer[1]++;
    assert_non_null(ssrp_read(arena, answer, length, &instances));
    answer[1]--;
    answer[0] = 0x04;
    assert_non_null(ssrp_read(arena, answer, length, &instances));
    assert_non_null(ssrp_read(arena, answer, 2, &instances));
    assert_non_null(ssrp_read(arena, answer, 0, &instances));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_the_specification_writes_them),
        cmocka_unit_test(an_instance_is_read_whole),
        cmocka_unit_test(several_instances_and_three_valued_protocols_stay_in_step),
        cmocka_unit_test(a_port_that_is_none_is_not_known),
        cmocka_unit_test(what_is_cut_off_or_no_answer_is_refused),
        cmocka_unit_test(a_length_that_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
