/* The report's vocabulary: every element and attribute, tied to the model's structs.
 *
 * One table serves the pipes between the processes, the report file, the schema, `render`, `diff` and
 * `merge`. The order of the members is the order in the document. */
#pragma once

#include "audit/model/job.h"
#include "audit/model/model.h"

enum member_kind {
    MEMBER_TEXT,         /* attribute: char * */
    MEMBER_NUMBER,       /* attribute: struct number */
    MEMBER_MOMENT,       /* attribute: moment, as xs:dateTime in UTC */
    MEMBER_TERNARY,      /* attribute: enum ternary, true or false, absent when unknown */
    MEMBER_NAME,         /* attribute: an enumeration of the model */
    MEMBER_CONTENT,      /* the element's own text: char * */
    MEMBER_TEXT_ELEMENT, /* a child element with text: char * */
    MEMBER_ONE,          /* a child element: pointer to its struct */
    MEMBER_MANY          /* child elements: a list of structs */
};

struct element;

struct member {
    const char *name; /* attribute or text element; NULL for MEMBER_CONTENT, MEMBER_ONE and MEMBER_MANY */
    enum member_kind kind;
    size_t offset;
    bool required;
    const struct name_table *names; /* MEMBER_NAME */
    const struct element *element;  /* MEMBER_ONE, MEMBER_MANY */
    const char *wrapper;            /* MEMBER_MANY: an element around the list, or NULL */
    const char *documentation;
};

struct element {
    const char *name;
    size_t size; /* of its struct */
    const struct member *members;
    size_t count;
    const char *documentation;
};

extern const struct element audit_element, instance_element, failure_element, linked_server_element,
    login_mapping_element, visibility_element, not_readable_element, property_element, client_alias_element,
    provider_element, principal_element, database_element, session_element, sql_login_element, use_element,
    dangling_use_element, test_element, endpoint_element, certificate_element, finding_element,
    change_element, compliance_element, message_element, diagnosis_element, summary_element, trend_element,
    changes_element;

/* Rows of the pipes only; not part of the report. */
extern const struct element collector_job_element, session_opened_element, resolve_job_element,
    prober_settings_element, probe_job_element, reporter_job_element;

/* Every element that can be a row of its own on a pipe, ended by NULL. */
extern const struct element *const row_elements[];

#define REPORT_NAMESPACE "urn:linkaudit:report:1"
#define REPORT_VERSION "1"
