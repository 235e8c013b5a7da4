-- Question: what is this instance, and as whom did the audit log in?
-- Permission: none.  Versions: 2005 and later; a property that the version does not know is NULL.
-- Returns: one row; version_text tells Babelfish and Linux from SQL Server on Windows.
SELECT @@VERSION AS version_text, @@SERVERNAME AS at_at_servername,
       CAST(SERVERPROPERTY('ServerName') AS nvarchar(256)) AS server_name,
       CAST(SERVERPROPERTY('MachineName') AS nvarchar(256)) AS machine_name,
       CAST(SERVERPROPERTY('ComputerNamePhysicalNetBIOS') AS nvarchar(256)) AS physical_name,
       CAST(SERVERPROPERTY('InstanceName') AS nvarchar(256)) AS instance_name,
       CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version,
       CAST(SERVERPROPERTY('ProductLevel') AS nvarchar(128)) AS product_level,
       CAST(SERVERPROPERTY('ProductUpdateLevel') AS nvarchar(128)) AS update_level,
       CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,
       CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine_edition,
       CAST(SERVERPROPERTY('IsClustered') AS int) AS is_clustered,
       CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS is_hadr_enabled,
       CAST(SERVERPROPERTY('IsIntegratedSecurityOnly') AS int) AS windows_only,
       CAST(SERVERPROPERTY('IsSingleUser') AS int) AS single_user,
       CAST(SERVERPROPERTY('Collation') AS nvarchar(128)) AS collation,
       SUSER_SNAME() AS login, ORIGINAL_LOGIN() AS original_login
