-- A signed procedure that shows the provider strings of linked servers, passwords taken out, to a login without
-- ALTER ANY LINKED SERVER. SQL Server 2005 and later, Managed Instance; not RDS, which gives no rights in master.
-- Run it as a member of sysadmin, with sqlcmd or Management Studio (GO separates its batches), after the script that
-- creates the audit login. Choose a long random password of your own in both places where this one stands; nobody
-- needs it afterwards.
--
-- How it works: a certificate in master signs the procedure; a login made from the certificate, with which nobody can
-- log in, holds ALTER ANY LINKED SERVER; so the procedure's SELECT sees the strings while it runs, and its caller
-- never holds the permission. The private key is dropped at the end: nothing else can ever be signed with it. There is
-- nothing to back up: to change the procedure, take all back (see the end) and run this script again. Changing it in
-- any other way removes its signature, and then it shows no string.
-- linkaudit uses the procedure by itself as soon as its login may execute it.
USE master;
GO

CREATE PROCEDURE dbo.linkaudit_provider_strings
AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @shown TABLE (server_id int NOT NULL, provider_string nvarchar(4000) NULL);
    DECLARE @server_id int, @text nvarchar(4000), @out nvarchar(4000), @rest nvarchar(4000), @name nvarchar(4000);
    DECLARE @keyword nvarchar(4000), @value nvarchar(4000), @equals int, @end int, @quote nvarchar(1);

    DECLARE strings CURSOR LOCAL FAST_FORWARD FOR
        SELECT s.server_id, s.provider_string FROM sys.servers AS s
        WHERE s.server_id <> 0 AND s.provider_string IS NOT NULL;
    OPEN strings;
    FETCH NEXT FROM strings INTO @server_id, @text;
    WHILE @@FETCH_STATUS = 0
    BEGIN
        SET @rest = @text;
        SET @out = N'';
        WHILE LEN(@rest) > 0
        BEGIN
            SET @equals = CHARINDEX(N'=', @rest);
            SET @end = CHARINDEX(N';', @rest);
            IF @equals = 0 OR (@end > 0 AND @end < @equals)
            BEGIN
                -- No keyword: it may be the rest of a password that holds a semicolon.
                SET @out = @out + N'***';
                SET @rest = CASE WHEN @end = 0 THEN N'' ELSE SUBSTRING(@rest, @end + 1, 4000) END;
            END;
            ELSE
            BEGIN
                SET @keyword = UPPER(LTRIM(RTRIM(LEFT(@rest, @equals - 1))));
                SET @rest = LTRIM(SUBSTRING(@rest, @equals + 1, 4000));
                -- A driver's name is the one value that mostly stands in braces and is needed.
                IF @keyword = N'DRIVER' AND LEFT(@rest, 1) = N'{' AND CHARINDEX(N'}', @rest) > 2
                BEGIN
                    SET @end = CHARINDEX(N'}', @rest);
                    SET @name = SUBSTRING(@rest, 2, @end - 2);
                    IF NOT @name LIKE N'%[;=@''"{]%'
                    BEGIN
                        SET @rest = @name + SUBSTRING(@rest, @end + 1, 4000);
                    END;
                END;
                SET @quote = LEFT(@rest, 1);
                IF @quote IN (N'''', N'"', N'{')
                BEGIN
                    -- A quoted value is not shown: where it ends is the driver's secret. The last quote ends it.
                    SET @value = N'***';
                    SET @rest = SUBSTRING(@rest, 2, 4000);
                    SET @end = CHARINDEX(CASE WHEN @quote = N'{' THEN N'}' ELSE @quote END, REVERSE(@rest));
                    SET @rest = CASE WHEN @end = 0 THEN N'' ELSE RIGHT(@rest, @end - 1) END;
                    SET @end = CHARINDEX(N';', @rest);
                END;
                ELSE
                BEGIN
                    SET @end = CHARINDEX(N';', @rest);
                    SET @value = CASE WHEN @end = 0 THEN @rest ELSE LEFT(@rest, @end - 1) END;
                END;
                SET @rest = CASE WHEN @end = 0 THEN N'' ELSE SUBSTRING(@rest, @end + 1, 4000) END;
                -- Only what is known to hold no secret is shown; an unknown word may be part of a password itself.
                IF @keyword NOT IN (N'SERVER', N'DATA SOURCE', N'ADDRESS', N'ADDR', N'NETWORK ADDRESS',
                    N'FAILOVER PARTNER', N'FAILOVER_PARTNER', N'DATABASE', N'INITIAL CATALOG', N'UID', N'USER ID', N'USER',
                    N'DRIVER', N'DSN', N'PORT', N'ENCRYPT', N'USE ENCRYPTION FOR DATA', N'TRUSTSERVERCERTIFICATE',
                    N'TRUST SERVER CERTIFICATE', N'HOSTNAMEINCERTIFICATE', N'HOST NAME IN CERTIFICATE',
                    N'SERVERCERTIFICATE', N'SERVER CERTIFICATE', N'MULTISUBNETFAILOVER', N'APPLICATIONINTENT',
                    N'APPLICATION INTENT', N'TRUSTED_CONNECTION', N'INTEGRATED SECURITY', N'AUTHENTICATION', N'PROVIDER')
                BEGIN
                    SET @value = N'***';
                    IF @keyword NOT IN (N'PWD', N'PASSWORD')
                    BEGIN
                        SET @keyword = N'***';
                    END;
                END;
                -- host=a password=b, scott/tiger@db, user:password@host
                IF @value LIKE N'%[=@/''"{}]%'
                BEGIN
                    SET @value = N'***';
                END;
                SET @out = @out + @keyword + N'=' + @value;
            END;
            SET @out = @out + CASE WHEN LEN(@rest) > 0 THEN N';' ELSE N'' END;
        END;
        INSERT INTO @shown (server_id, provider_string) VALUES (@server_id, @out);
        FETCH NEXT FROM strings INTO @server_id, @text;
    END;
    CLOSE strings;
    DEALLOCATE strings;
    -- Links without a provider string are listed too: their absence is then known.
    SELECT s.server_id, h.provider_string
    FROM sys.servers AS s LEFT JOIN @shown AS h ON h.server_id = s.server_id
    WHERE s.server_id <> 0;
END;
GO

CREATE CERTIFICATE linkaudit_provider_strings
    ENCRYPTION BY PASSWORD = '(a long random password)'
    WITH SUBJECT = 'linkaudit: shows provider strings without passwords', EXPIRY_DATE = '20991231';
CREATE LOGIN linkaudit_provider_strings_certificate FROM CERTIFICATE linkaudit_provider_strings;
GRANT ALTER ANY LINKED SERVER TO linkaudit_provider_strings_certificate;
ADD SIGNATURE TO dbo.linkaudit_provider_strings
    BY CERTIFICATE linkaudit_provider_strings WITH PASSWORD = '(a long random password)';
ALTER CERTIFICATE linkaudit_provider_strings REMOVE PRIVATE KEY;
GO

-- For a Windows login, write [CORP\linkaudit] in these two lines and in the test.
CREATE USER linkaudit FOR LOGIN linkaudit;
GRANT EXECUTE ON dbo.linkaudit_provider_strings TO linkaudit;
GO

-- Test it as the audit login, as it depends on the engine's rules for metadata: a link that has a provider string must
-- show one.
-- EXECUTE AS LOGIN = 'linkaudit'; EXEC master.dbo.linkaudit_provider_strings; REVERT;

-- To take it back: DROP PROCEDURE dbo.linkaudit_provider_strings; DROP LOGIN linkaudit_provider_strings_certificate;
-- DROP CERTIFICATE linkaudit_provider_strings; DROP USER linkaudit;
