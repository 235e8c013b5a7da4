/* OLE DB provider strings and ODBC connection strings: "keyword=value;keyword=value".

   Quoting, as the drivers read it ([MS-ODBCSTR] for ODBC; "Connection String Syntax" of OLE DB):
   - OLE DB: a value in '…' or "…" (the quote doubled within) or {…} ("}}" within); "==" in a keyword is one
   "=".
   - ODBC: a value in {…} ("}}" within); quotes are ordinary characters.
   - Blanks around keywords and values do not count; an unquoted value ends at ";" and may hold "=".
   - Of a keyword given twice the first counts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum provider_dialect { PROVIDER_OLEDB, PROVIDER_ODBC };

/* A keyword by its meaning; every spelling is in the one table of provider_keyword.c. */
enum provider_keyword {
    KEYWORD_UNKNOWN,
    KEYWORD_SERVER,  /* Server, Data Source, Servername */
    KEYWORD_ADDRESS, /* Address, Addr, Network Address: beats Server unless empty */
    KEYWORD_HOST,    /* Host, Hostname, System, … of drivers that are not SQL Server's */
    KEYWORD_PORT,
    KEYWORD_NETWORK_LIBRARY,
    KEYWORD_DRIVER,
    KEYWORD_DSN,
    KEYWORD_FILE_DSN,
    KEYWORD_DBQ, /* a file, or Oracle's connect identifier */
    KEYWORD_DATABASE,
    KEYWORD_EXTENDED_PROPERTIES, /* its value is a connection string again */
    KEYWORD_USER_ID,             /* User ID, as OLE DB spells it */
    KEYWORD_UID,                 /* UID, as ODBC and the native providers spell it */
    KEYWORD_PASSWORD,
    KEYWORD_TRUSTED_CONNECTION,
    KEYWORD_AUTHENTICATION,
    KEYWORD_ENCRYPT,
    KEYWORD_TRUST_SERVER_CERTIFICATE,
    KEYWORD_HOST_NAME_IN_CERTIFICATE,
    KEYWORD_SERVER_CERTIFICATE,
    KEYWORD_FAILOVER_PARTNER,
    KEYWORD_MULTI_SUBNET_FAILOVER,
    KEYWORD_APPLICATION_INTENT,
    KEYWORD_PROTOCOL, /* IBMDADB2: TCPIP, IPC */
    KEYWORD_SECURITY, /* IBMDADB2: SSL */
    KEYWORDS
};

/* The meaning of a spelling such as "addr", without regard to case. */
enum provider_keyword provider_keyword_from_name(const char *name);
/* The documented spelling, "Address"; "" for KEYWORD_UNKNOWN. */
const char *provider_keyword_name(enum provider_keyword keyword);

struct provider_pair {
    enum provider_keyword keyword;
    const char *name;      /* as written, without blanks around it */
    const char *value;     /* unquoted; may hold a password: never to be printed */
    size_t offset, length; /* where the pair stands in the text, as written */
};

struct provider_string {
    struct provider_pair *pairs; /* in the order of the text: for (i = 0; i < count; i++) */
    size_t count;
    bool malformed;    /* a part without "=", a quote that does not close, text after a closing quote */
    bool has_password; /* a password that is not empty stands somewhere in it, nested strings included */
    char *storage;     /* what the pairs point into */
};

/* Reads TEXT (NULL is the empty text). False only when memory is short; OUT is then empty. What is malformed
   is left out and said so. Always to be followed by provider_string_clear. */
bool provider_string_parse(enum provider_dialect dialect, const char *text, struct provider_string *out);
/* Wipes and frees what OUT owns. */
void provider_string_clear(struct provider_string *out);

/* The value of the first pair with KEYWORD, "" when it is given empty, NULL when it is not given. Owned by
 * STRING. */
const char *provider_string_value(const struct provider_string *string, enum provider_keyword keyword);
/* Where the string leads: the address, else the server; NULL when neither is given or both are empty. */
const char *provider_string_server(const struct provider_string *string);

enum provider_answer {
    PROVIDER_ABSENT,      /* the keyword is not given */
    PROVIDER_NO,          /* no, false, 0 */
    PROVIDER_YES,         /* yes, true, 1, SSPI */
    PROVIDER_UNRECOGNISED /* given with a value that no driver documents */
};
enum provider_answer provider_answer(const char *value); /* NULL: absent */

/* What the rules and the readiness verdict ask of a provider string. The texts are owned by the string they
   were read from, and NULL when not given. */
struct provider_options {
    const char *user; /* the value of User ID or UID */
    bool user_id_given;
    bool uid_without_user_id; /* UID but no User ID: callers without sysadmin may meet error 7416 */
    bool has_password;
    const char *encrypt; /* as written: yes, no, true, false, Optional, Mandatory, Strict, … */
    enum provider_answer trust_server_certificate;
    const char *host_name_in_certificate;
    const char *server_certificate;
    enum provider_answer multi_subnet_failover;
    const char *failover_partner;
    enum provider_answer trusted_connection;
    const char *application_intent;
    const char *authentication;
};
struct provider_options provider_options(const struct provider_string *string);

/* A copy of TEXT (NULL is the empty text) in which the value of every password is "***" and every other byte
   is as it was; to be freed by the caller; NULL only when memory is short. Meant for every text of a link's
   definition: provider string, data source, location and catalog.

   A password is the value of a keyword in which one of the words password, pwd, passwd, passphrase, secret,
   token, … occurs, however it is spaced, cased or quoted, at any depth of nested strings; the password of
   "scheme://user:password@host"; and that of Oracle's "user/password@host". An empty value stays. Where the
   text cannot be read with certainty (a quote that does not close, text after a closing quote or without "="
   after a password) everything from there to the end is hidden. *HAS_PASSWORD (may be NULL) tells whether a
   password was there. */
char *provider_string_redact(const char *text, bool *has_password);
