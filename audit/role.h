/* The roles: what one binary can be. A role is started by main as `linkaudit --role=NAME`, with its pipe on
 * FRAME_FD. */
#pragma once

/* Each reads its J frames until the stream ends, answers, and returns the process's exit status. */
int collector_role(void);   /* odbc/collector.c */
int fork_server_role(void); /* audit/fork_server.c: makes collectors of copies of itself */
int resolver_role(void);    /* audit/resolver/resolver.c */
int prober_role(void);      /* audit/prober/prober.c */
int reporter_role(void);    /* reports/reporter.c: a reporter-job names the report and the files to make */
