/* The roles: what one binary can be. A role is started by main as `linkaudit --role=NAME`, with its pipe on
 * FRAME_FD; a collector may also be a copy of the fork server, with such a pipe of its own. */
#pragma once

/* Each reads its J frames until the stream ends, answers, and returns the process's exit status. */
int collector_role(void); /* odbc/collector.c */
int resolver_role(void);  /* audit/resolver/resolver.c */
int prober_role(void);    /* audit/prober/prober.c */
int reporter_role(void);  /* reports/reporter.c: a reporter-job names the report and the files to make */

/* The same, but it reads its requests on FORK_CONTROL_FD, with the descriptors of the collectors that it
 * makes of copies of itself; only its answers go through the pipe. audit/fork_server.c */
int fork_server_role(void);
