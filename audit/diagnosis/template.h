/* Sentences and commands with words that are filled in. */
#pragma once

#include "audit/diagnosis/view.h"

/* A template with its placeholders filled from the view. Words for command lines are quoted where they must
 * be; what is not known becomes "?" or a word in <>.
 *
 *     {it} {link} {source} {host} {ip} {port} {host:port} {instance} {server} {data-source} {provider}
 *     {admin}                 what sqlcmd -A takes
 *     {service}               of Windows
 *     {source-ip}             where the source's connections come from
 *     {link'} {data-source'}  T-SQL literals, like the next three
 *     {tcp'} {host,port'}     the target over TCP; with its port
 *     {strict'}               the provider string with Encrypt=Strict
 *     {login]}                the remote login of the link's test, a T-SQL identifier
 *     {rejecting} {dead}      parts of sentences
 */
char *fill_template(const struct view *view, const char *text);

/* The link's name holds what cannot be typed, or what a report has changed: {link'} is then @link where its
 * server_id is known. */
bool link_cannot_be_typed(const struct view *view);
