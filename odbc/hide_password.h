/* Drivers and providers may repeat the connection string they were given, or a link's provider string, in
 * what they say. Pure. */
#pragma once

#include "odbc/session.h"

/* Replaces the password (NULL: none is known) wherever a message repeats it, and cuts every message off
 * behind the first `PWD=`, `Password =` or the like. A password of less than 4 bytes is only cut off so, and
 * not replaced: it is part of too many words. New texts are of the arena. */
void hide_passwords(const message_list *messages, const char *password, struct arena *arena);
