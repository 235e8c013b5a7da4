/* How a listener misbehaves, at each point of a connection. Each function returns true when the connection
 * goes on as the protocol has it, false when the behaviour has had its way and the connection ends. */
#pragma once

#include "session.h"

bool behaviour_at_accept(struct session *session);
/* The client's first bytes are there, whatever they are. */
bool behaviour_at_first_bytes(struct session *session);
/* May spoil the PRELOGIN reply in place. */
void behaviour_prelogin_reply(struct session *session, struct buffer *payload);
bool behaviour_at_tls(struct session *session);
bool behaviour_at_login(struct session *session);
/* Before a batch or RPC is executed; `statement` in UTF-8. */
bool behaviour_at_statement(struct session *session, const char *statement);
