-- Question: which Agent job steps are there? Their commands are searched for uses of links and not kept.
-- Permission: a user in msdb and SELECT on the two tables.  Versions: 2005 and later; not Express.
-- Returns: a row for each step.
SELECT j.name AS job_name, s.step_id, s.step_name, s.subsystem, s.command
FROM msdb.dbo.sysjobs AS j JOIN msdb.dbo.sysjobsteps AS s ON s.job_id = j.job_id
