<?xml version="1.0" encoding="UTF-8"?>
<!-- The HTML page. It is applied to the frame and to each piece that reports/page.h describes; what came from a
     server stands in text and attributes only, never in script, style or an element's name. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:r="urn:linkaudit:report:1"
                xmlns:p="urn:linkaudit:page:1" xmlns:str="http://exslt.org/strings" exclude-result-prefixes="r p str">
  <xsl:output method="html" encoding="UTF-8" indent="no"/>
  <xsl:param name="nonce"/>
  <xsl:param name="css"/>
  <xsl:param name="script"/>

  <!-- ============================================================ the frame ============================= -->

  <xsl:template match="p:page">
    <xsl:variable name="audit" select="r:audit"/>
    <xsl:text disable-output-escaping="yes">&lt;!DOCTYPE html&gt;
</xsl:text>
    <html lang="en">
      <head>
        <meta http-equiv="Content-Security-Policy"
              content="default-src 'none'; style-src 'nonce-{$nonce}'; script-src 'nonce-{$nonce}'; base-uri 'none'; form-action 'none'"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <title>Linked servers, <xsl:value-of select="substring($audit/@started, 1, 10)"/><xsl:if test="$audit/@title">, <xsl:value-of select="$audit/@title"/></xsl:if></title>
        <style nonce="{$nonce}"><xsl:value-of select="$css"/></style>
      </head>
      <body>
        <a class="skip" href="#links">Skip to the links</a>
        <header class="top">
          <h1>
            <xsl:choose>
              <xsl:when test="$audit/@title"><xsl:value-of select="$audit/@title"/></xsl:when>
              <xsl:otherwise>Audit from <xsl:value-of select="$audit/@host"/></xsl:otherwise>
            </xsl:choose>
          </h1>
          <p class="when">
            <xsl:text>Linked servers as of </xsl:text><xsl:call-template name="moment"><xsl:with-param name="moment" select="$audit/@started"/></xsl:call-template>
            <xsl:text> from </xsl:text><xsl:value-of select="$audit/@host"/>
            <xsl:if test="$audit/@complete = 'false'"><xsl:text> </xsl:text><strong class="tag warn">incomplete</strong></xsl:if>
            <xsl:for-each select="$audit/r:settings/r:property[@name = 'redacted']"><xsl:text> </xsl:text><span class="tag">without <xsl:value-of select="@value"/></span></xsl:for-each>
            <xsl:for-each select="$audit/r:scope">
              <xsl:text> </xsl:text><span class="tag">only <xsl:value-of select="@only"/></span>
            </xsl:for-each>
          </p>
        </header>
        <nav aria-label="Sections">
          <ul>
            <li><a href="#overview">Overview</a></li>
            <xsl:if test="p:picture"><li><a href="#picture">Picture</a></li></xsl:if>
            <li><a href="#findings">Findings<xsl:call-template name="nav-count"><xsl:with-param name="count" select="@findings - @waived"/></xsl:call-template></a></li>
            <li><a href="#links">Links<xsl:call-template name="nav-count"><xsl:with-param name="count" select="@links"/></xsl:call-template></a></li>
            <li><a href="#instances">Instances<xsl:call-template name="nav-count"><xsl:with-param name="count" select="@instances"/></xsl:call-template></a></li>
            <li><a href="#endpoints">Endpoints<xsl:call-template name="nav-count"><xsl:with-param name="count" select="@endpoints"/></xsl:call-template></a></li>
            <xsl:if test="$audit/r:changes"><li><a href="#changes">Changes<xsl:call-template name="nav-count"><xsl:with-param name="count" select="count($audit/r:changes/r:change[@kind != 'not-observed'])"/></xsl:call-template></a></li></xsl:if>
            <xsl:if test="@answers &gt; 0"><li><a href="#compliance">Compliance<xsl:call-template name="nav-count"><xsl:with-param name="count" select="@answers"/></xsl:call-template></a></li></xsl:if>
            <li><a href="#run">This run</a></li>
          </ul>
        </nav>
        <main>
          <xsl:call-template name="overview"/>
          <xsl:apply-templates select="p:picture"/>
          <section id="findings" aria-labelledby="findings-title">
            <h2 id="findings-title">Findings</h2>
            <xsl:choose>
              <xsl:when test="@findings = 0"><p class="quiet">No rule found anything.</p></xsl:when>
              <xsl:otherwise>
                <p class="lead"><xsl:if test="@waived &gt; 0"><xsl:call-template name="counted"><xsl:with-param name="count" select="@findings - @waived"/><xsl:with-param name="what" select="'finding'"/></xsl:call-template>, and <xsl:value-of select="@waived"/> waived. </xsl:if>By severity, the worst first. Each opens to its evidence and its remedy.</p>
                <xsl:if test="count(p:severity) + (@waived &gt; 0) &gt; 1"><fieldset class="chips" data-rows="rules" hidden="hidden">
                  <legend class="sr">Show severities</legend>
                  <xsl:for-each select="p:severity"><label class="chip"><input type="checkbox" name="severity" value="{@name}"/><span><xsl:value-of select="@name"/><xsl:text> </xsl:text><span class="count"><xsl:value-of select="@count"/></span></span></label></xsl:for-each>
                  <xsl:if test="@waived &gt; 0"><label class="chip"><input type="checkbox" name="waived" value="true"/><span>waived <span class="count"><xsl:value-of select="@waived"/></span></span></label></xsl:if>
                </fieldset></xsl:if>
                <div class="rules"><xsl:call-template name="slot"><xsl:with-param name="name" select="'findings'"/></xsl:call-template></div>
              </xsl:otherwise>
            </xsl:choose>
          </section>
          <section id="links" aria-labelledby="links-title">
            <h2 id="links-title">Links</h2>
            <xsl:call-template name="links-frame"/>
          </section>
          <section id="instances" aria-labelledby="instances-title">
            <h2 id="instances-title">Instances</h2>
            <xsl:if test="p:unchecked/@total &gt; 0 or @instances-with-hidden &gt; 0">
              <fieldset class="chips" data-rows="instances" hidden="hidden">
                <legend class="sr">Show instances</legend>
                <xsl:if test="p:unchecked/@total &gt; 0"><label class="chip"><input type="checkbox" name="checked" value="unchecked"/><span>could not be checked <span class="count"><xsl:value-of select="p:unchecked/@total"/></span></span></label></xsl:if>
                <xsl:if test="@instances-with-hidden &gt; 0"><label class="chip"><input type="checkbox" name="view" value="limited"/><span>limited view <span class="count"><xsl:value-of select="@instances-with-hidden"/></span></span></label></xsl:if>
              </fieldset>
            </xsl:if>
            <ul class="rows instances"><xsl:call-template name="slot"><xsl:with-param name="name" select="'instances'"/></xsl:call-template></ul>
          </section>
          <section id="endpoints" aria-labelledby="endpoints-title">
            <h2 id="endpoints-title">Endpoints</h2>
            <xsl:call-template name="endpoints-frame"/>
          </section>
          <xsl:if test="$audit/r:changes"><xsl:call-template name="changes"/></xsl:if>
          <xsl:if test="@answers &gt; 0"><xsl:call-template name="compliance-frame"/></xsl:if>
          <xsl:call-template name="run"/>
        </main>
        <footer>
          <p><xsl:value-of select="$audit/@program"/>, run <xsl:value-of select="$audit/@run-id"/>. This page asks for nothing from anywhere; the XML beside it is the whole truth.</p>
        </footer>
        <script nonce="{$nonce}"><xsl:value-of select="$script"/></script>
      </body>
    </html>
  </xsl:template>

  <xsl:template name="slot">
    <xsl:param name="name"/>
    <xsl:processing-instruction name="slot-{$nonce}"><xsl:value-of select="$name"/></xsl:processing-instruction>
  </xsl:template>

  <xsl:template name="nav-count">
    <xsl:param name="count"/>
    <xsl:text> </xsl:text><span class="count"><xsl:value-of select="$count"/></span>
  </xsl:template>

  <!-- ============================================================ first screen ========================== -->

  <xsl:template name="overview">
    <xsl:variable name="changes" select="r:audit/r:changes/r:change"/>
    <section id="overview" aria-labelledby="overview-title">
      <h2 id="overview-title" class="headline">
        <xsl:choose>
          <xsl:when test="@links = 0 and p:unchecked/@total &gt; 0">No linked server could be seen.</xsl:when>
          <xsl:when test="@links = 0">No linked server was found.</xsl:when>
          <xsl:when test="p:broken/@total = 0">No link is known to be broken.</xsl:when>
          <xsl:otherwise>
            <xsl:value-of select="p:broken/@total"/> of <xsl:value-of select="@links"/> links
            <xsl:choose><xsl:when test="p:broken/@total = 1"> does </xsl:when><xsl:otherwise> do </xsl:otherwise></xsl:choose>
            <xsl:text>not work.</xsl:text>
          </xsl:otherwise>
        </xsl:choose>
        <span class="then">
          <xsl:if test="p:breaks/@total &gt; 0"><xsl:text> </xsl:text><xsl:value-of select="p:breaks/@total"/> will break on SQL Server 2025<xsl:if test="p:already/@links &gt; 0">, <xsl:value-of select="p:already/@links"/><xsl:choose><xsl:when test="p:already/@links = 1"> does</xsl:when><xsl:otherwise> do</xsl:otherwise></xsl:choose> there already</xsl:if>.</xsl:if>
          <xsl:if test="r:audit/r:changes"><xsl:text> </xsl:text><xsl:choose>
            <xsl:when test="count($changes[@kind != 'not-observed']) = 0">Nothing changed since last time.</xsl:when>
            <xsl:when test="count($changes[@kind != 'not-observed']) = 1">One thing changed since last time.</xsl:when>
            <xsl:otherwise><xsl:value-of select="count($changes[@kind != 'not-observed'])"/> things changed since last time.</xsl:otherwise>
          </xsl:choose></xsl:if>
          <xsl:if test="p:unchecked/@total &gt; 0"><xsl:text> </xsl:text><xsl:value-of select="p:unchecked/@total"/> of <xsl:value-of select="@instances"/> instances could not be audited.</xsl:if>
        </span>
      </h2>
      <div class="panels">
        <article class="panel broken">
          <h3><span class="figure"><xsl:value-of select="p:broken/@total"/></span> broken</h3>
          <xsl:choose>
            <xsl:when test="p:broken/p:link">
              <ul><xsl:for-each select="p:broken/p:link"><li>
                <xsl:call-template name="link-name"/>
                <p><xsl:if test="@cause"><span class="cause"><xsl:call-template name="words"><xsl:with-param name="name" select="@cause"/></xsl:call-template></span><xsl:text> </xsl:text></xsl:if><xsl:value-of select="@text"/></p>
              </li></xsl:for-each></ul>
              <xsl:call-template name="more"><xsl:with-param name="list" select="p:broken"/><xsl:with-param name="filter" select="'broken'"/></xsl:call-template>
            </xsl:when>
            <xsl:otherwise><p class="quiet">None, as far as could be seen.</p></xsl:otherwise>
          </xsl:choose>
        </article>
        <article class="panel breaks">
          <h3><span class="figure"><xsl:value-of select="p:breaks/@total"/></span> will break on SQL Server 2025</h3>
          <xsl:choose>
            <xsl:when test="p:breaks/p:link">
              <ul><xsl:for-each select="p:breaks/p:link"><li>
                <xsl:call-template name="link-name"/>
                <p><xsl:value-of select="@text"/></p>
              </li></xsl:for-each></ul>
              <xsl:call-template name="more"><xsl:with-param name="list" select="p:breaks"/><xsl:with-param name="filter" select="'breaks'"/></xsl:call-template>
            </xsl:when>
            <xsl:when test="not(p:verdict)"><p class="quiet">Not worked out in this report.</p></xsl:when>
            <xsl:otherwise><p class="quiet">None, as far as could be seen.</p></xsl:otherwise>
          </xsl:choose>
          <xsl:if test="p:already/@links &gt; 0"><p class="quiet"><a href="#links" data-filter="breaks-already"><xsl:value-of select="p:already/@links"/></a><xsl:choose><xsl:when test="p:already/@links = 1"> does</xsl:when><xsl:otherwise> do</xsl:otherwise></xsl:choose> so already, on <xsl:for-each select="p:already/p:instance"><xsl:if test="position() &gt; 1">, </xsl:if><bdi><xsl:value-of select="@name"/></bdi></xsl:for-each><xsl:if test="p:already/@total &gt; count(p:already/p:instance)"> and <xsl:call-template name="counted"><xsl:with-param name="count" select="p:already/@total - count(p:already/p:instance)"/><xsl:with-param name="what" select="'other instance'"/></xsl:call-template></xsl:if>, and stand among the broken ones.</p></xsl:if>
          <xsl:if test="p:verdict[@name = 'unknown']"><p class="quiet">Of <a href="#links" data-filter="unknown"><xsl:value-of select="p:verdict[@name = 'unknown']/@count"/> more</a> it is not known; each says what would tell.</p></xsl:if>
        </article>
        <article class="panel changed">
          <h3>
            <xsl:if test="r:audit/r:changes"><span class="figure"><xsl:value-of select="count($changes[@kind != 'not-observed'])"/></span><xsl:text> </xsl:text></xsl:if>
            <xsl:choose><xsl:when test="r:audit/r:changes">changed since last time</xsl:when><xsl:otherwise>Changed since last time</xsl:otherwise></xsl:choose>
          </h3>
          <xsl:choose>
            <xsl:when test="not(r:audit/r:changes)"><p class="quiet">There was no former report to compare with.</p></xsl:when>
            <xsl:when test="not($changes)"><p class="quiet">Nothing.</p></xsl:when>
            <xsl:otherwise>
              <ul><xsl:for-each select="$changes[@kind != 'not-observed'][position() &lt;= 3]"><li><p><xsl:call-template name="change-text"/></p></li></xsl:for-each></ul>
              <p class="more"><a href="#changes"><xsl:choose><xsl:when test="count($changes[@kind != 'not-observed']) = 0">No change</xsl:when><xsl:when test="count($changes[@kind != 'not-observed']) = 1">The change</xsl:when><xsl:otherwise>All <xsl:value-of select="count($changes[@kind != 'not-observed'])"/> changes</xsl:otherwise></xsl:choose></a><xsl:if test="$changes[@kind = 'not-observed']">, and <xsl:value-of select="count($changes[@kind = 'not-observed'])"/> not observed</xsl:if></p>
            </xsl:otherwise>
          </xsl:choose>
        </article>
        <article class="panel unchecked">
          <h3>
            <xsl:choose>
              <xsl:when test="p:unchecked/@total &gt; 0"><span class="figure"><xsl:value-of select="p:unchecked/@total"/></span><xsl:choose><xsl:when test="p:unchecked/@total = 1"> instance</xsl:when><xsl:otherwise> instances</xsl:otherwise></xsl:choose> could not be checked</xsl:when>
              <xsl:otherwise>Could not be checked</xsl:otherwise>
            </xsl:choose>
          </h3>
          <ul>
            <xsl:for-each select="p:unchecked/p:instance"><li>
              <a class="name" href="#{str:encode-uri(@name, true())}"><bdi><xsl:value-of select="@name"/></bdi></a>
              <p><span class="cause"><xsl:if test="not(@text or @probe)"><xsl:attribute name="class">cause bare</xsl:attribute></xsl:if><xsl:value-of select="translate(@status, '-', ' ')"/><xsl:if test="@phase">, <xsl:value-of select="@phase"/></xsl:if></span><xsl:text> </xsl:text><xsl:if test="@probe"><xsl:value-of select="@probe"/><xsl:if test="@text"> The driver: </xsl:if></xsl:if><xsl:value-of select="@text"/></p>
            </li></xsl:for-each>
            <xsl:for-each select="r:audit/r:problems/r:message"><li><p><xsl:value-of select="."/></p></li></xsl:for-each>
            <xsl:if test="@untested &gt; 0"><li><p><a href="#links" data-filter="not-tested"><xsl:call-template name="counted"><xsl:with-param name="count" select="@untested"/><xsl:with-param name="what" select="'link'"/></xsl:call-template></a><xsl:choose><xsl:when test="@untested = 1"> was not tested from its instance; it says why.</xsl:when><xsl:otherwise> were not tested from their instance; each says why.</xsl:otherwise></xsl:choose></p></li></xsl:if>
            <xsl:if test="@instances-with-hidden &gt; 0"><li><p>On <a href="#instances" data-filter="limited"><xsl:call-template name="counted"><xsl:with-param name="count" select="@instances-with-hidden"/><xsl:with-param name="what" select="'instance'"/></xsl:call-template></a> the audit login may not see everything.</p></li></xsl:if>
            <xsl:if test="@endpoints-unreachable &gt; 0"><li><p><a href="#endpoints" data-filter="no-answer"><xsl:call-template name="counted"><xsl:with-param name="count" select="@endpoints-unreachable"/><xsl:with-param name="what" select="'endpoint'"/></xsl:call-template></a> did not answer the audit host, so that nothing is known of the TLS there.</p></li></xsl:if>
          </ul>
          <xsl:if test="p:unchecked/@total &gt; count(p:unchecked/p:instance)"><p class="more"><a href="#instances" data-filter="unchecked">All <xsl:value-of select="p:unchecked/@total"/> instances</a></p></xsl:if>
          <xsl:if test="p:unchecked/@total = 0 and @untested = 0 and @instances-with-hidden = 0 and @endpoints-unreachable = 0 and not(r:audit/r:problems)"><p class="quiet">Nothing: everything was looked at.</p></xsl:if>
        </article>
      </div>
      <xsl:call-template name="charts"/>
      <xsl:if test="r:audit/r:history/r:trend"><xsl:call-template name="trends"/></xsl:if>
    </section>
  </xsl:template>

  <xsl:template name="link-name">
    <a class="name" href="#{str:encode-uri(@instance, true())}/{str:encode-uri(@name, true())}">
      <bdi class="of"><xsl:value-of select="@instance"/></bdi><xsl:text> → </xsl:text><bdi><xsl:value-of select="@name"/></bdi>
    </a>
  </xsl:template>

  <xsl:template name="more">
    <xsl:param name="list"/>
    <xsl:param name="filter"/>
    <xsl:if test="$list/@total &gt; count($list/*)">
      <p class="more"><a href="#links" data-filter="{$filter}">All <xsl:value-of select="$list/@total"/></a></p>
    </xsl:if>
  </xsl:template>

  <xsl:template name="charts">
    <div class="charts">
      <xsl:call-template name="chart">
        <xsl:with-param name="title" select="'Links'"/>
        <xsl:with-param name="rows" select="p:state"/>
        <xsl:with-param name="of" select="@links"/>
      </xsl:call-template>
      <xsl:call-template name="chart">
        <xsl:with-param name="title" select="'Why links are broken'"/>
        <xsl:with-param name="rows" select="p:cause"/>
        <xsl:with-param name="of" select="p:broken/@total"/>
      </xsl:call-template>
      <xsl:call-template name="chart">
        <xsl:with-param name="title" select="'Findings'"/>
        <xsl:with-param name="rows" select="p:severity"/>
        <xsl:with-param name="of" select="@findings"/>
      </xsl:call-template>
      <xsl:call-template name="chart">
        <xsl:with-param name="title" select="concat('TLS accepted, of ', @endpoints-with-tls, ' endpoints')"/>
        <xsl:with-param name="rows" select="p:protocol"/>
        <xsl:with-param name="of" select="@endpoints-with-tls"/>
      </xsl:call-template>
      <xsl:call-template name="chart">
        <xsl:with-param name="title" select="'Certificates end'"/>
        <xsl:with-param name="rows" select="p:expiry"/>
        <xsl:with-param name="of" select="sum(p:expiry/@count)"/>
      </xsl:call-template>
      <xsl:call-template name="chart">
        <xsl:with-param name="title" select="'Endpoints accept connections'"/>
        <xsl:with-param name="rows" select="p:response"/>
        <xsl:with-param name="of" select="sum(p:response/@count)"/>
      </xsl:call-template>
    </div>
  </xsl:template>

  <xsl:template name="chart">
    <xsl:param name="title"/>
    <xsl:param name="rows"/>
    <xsl:param name="of"/>
    <xsl:if test="$rows">
      <table class="chart">
        <caption><xsl:value-of select="$title"/></caption>
        <tbody>
          <xsl:for-each select="$rows">
            <xsl:sort select="(name() = 'p:cause') * @count" data-type="number" order="descending"/>
            <tr>
              <th scope="row"><xsl:call-template name="words"><xsl:with-param name="name" select="@name"/></xsl:call-template></th>
              <td class="number"><xsl:value-of select="@count"/></td>
              <td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" class="bar-{translate(@name, '. ', '--')}"><rect class="track" width="100" height="8"/><rect class="fill" width="{100 * @count div $of}" height="8"/></svg></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </xsl:if>
  </xsl:template>

  <!-- ============================================================ the picture ============================ -->

  <xsl:template match="p:picture">
    <section id="picture" aria-labelledby="picture-title">
      <h2 id="picture-title">Picture</h2>
      <p class="lead"><xsl:choose>
        <xsl:when test="p:node/@members">Instances by their first tag, targets by their domain, and the links between them, as arrows to where they lead: as much of a line is red as there are broken ones among its links. The tables below say the same in words.</xsl:when>
        <xsl:otherwise>Instances, targets and the links between them, each an arrow from the instance that has it to where it leads; files and aliases are left out. The tables below say the same in words.</xsl:otherwise>
      </xsl:choose></p>
      <div class="picture" tabindex="0" role="group" aria-label="Picture, scrolls">
        <svg viewBox="-20 -20 {@width + 40} {@height + 40}" width="{@width + 40}" height="{@height + 40}">
          <xsl:attribute name="class"><xsl:if test="@width &lt; 1800">fits </xsl:if><xsl:if test="count(p:edge) &gt; 200">many</xsl:if></xsl:attribute>
          <defs><xsl:call-template name="arrow"><xsl:with-param name="class" select="'works'"/></xsl:call-template><xsl:call-template name="arrow"><xsl:with-param name="class" select="'broken'"/></xsl:call-template><xsl:call-template name="arrow"><xsl:with-param name="class" select="'login-refused'"/></xsl:call-template><xsl:call-template name="arrow"><xsl:with-param name="class" select="'other'"/></xsl:call-template></defs>
          <xsl:apply-templates select="p:edge[@state = 'works']"/>
          <xsl:apply-templates select="p:edge[@state != 'works' and @state != 'broken']"/>
          <xsl:apply-templates select="p:edge[@state = 'broken']"/>
          <xsl:apply-templates select="p:node"/>
        </svg>
      </div>
      <p class="legend picture-legend">
        <span class="key"><svg viewBox="0 0 36 10" aria-hidden="true"><line class="edge works" x1="0" y1="5" x2="27" y2="5" marker-end="url(#arrow:works)"/></svg> works</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 10" aria-hidden="true"><line class="edge broken" x1="0" y1="5" x2="27" y2="5" marker-end="url(#arrow:broken)"/></svg> broken</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 10" aria-hidden="true"><line class="edge login-refused" x1="0" y1="5" x2="27" y2="5" marker-end="url(#arrow:login-refused)"/></svg> login refused</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 10" aria-hidden="true"><line class="edge not-tested" x1="0" y1="5" x2="27" y2="5" marker-end="url(#arrow:other)"/></svg> not tested</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 16" aria-hidden="true"><rect class="box audited" x="1" y="1" width="34" height="14" rx="4"/></svg> instance</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 16" aria-hidden="true"><rect class="box not-audited" x="1" y="1" width="34" height="14" rx="4"/></svg> instance that was not audited</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 16" aria-hidden="true"><rect class="box target" x="1" y="1" width="34" height="14"/></svg> target that answers</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 16" aria-hidden="true"><rect class="box target dead" x="1" y="1" width="34" height="14"/></svg> target that does not answer</span><xsl:text> </xsl:text>
        <span class="key"><svg viewBox="0 0 36 16" aria-hidden="true"><rect class="box target unsure" x="1" y="1" width="34" height="14"/></svg> target of which that is not known</span>
      </p>
    </section>
  </xsl:template>

  <!-- No name of a server makes such an id: there ':' is escaped. -->
  <xsl:template name="arrow">
    <xsl:param name="class"/>
    <marker id="arrow:{$class}" markerUnits="userSpaceOnUse" orient="auto" markerWidth="{@arrow}" markerHeight="{@arrow}" refX="0" refY="{@arrow div 2}">
      <path class="arrow {$class}" d="M0 0L{@arrow} {@arrow div 2}L0 {@arrow}Z"/>
    </marker>
  </xsl:template>

  <xsl:template match="p:edge">
    <xsl:variable name="arrow">url(#arrow:<xsl:choose>
      <xsl:when test="@state = 'works' or @state = 'broken' or @state = 'login-refused'"><xsl:value-of select="@state"/></xsl:when>
      <xsl:otherwise>other</xsl:otherwise>
    </xsl:choose>)</xsl:variable>
    <a tabindex="-1" data-ends="{@a} {@b}">
      <xsl:attribute name="href">#<xsl:choose>
        <xsl:when test="@links = 1"><xsl:value-of select="str:encode-uri(@instance, true())"/>/<xsl:value-of select="str:encode-uri(@link, true())"/></xsl:when>
        <xsl:when test="../p:node/@members">links</xsl:when>
        <xsl:otherwise><xsl:value-of select="str:encode-uri(@instance, true())"/></xsl:otherwise>
      </xsl:choose></xsl:attribute>
      <title><xsl:value-of select="@from"/> → <xsl:value-of select="@to"/>: <xsl:choose>
        <xsl:when test="@links = 1"><xsl:value-of select="@link"/>, <xsl:call-template name="words"><xsl:with-param name="name" select="@state"/></xsl:call-template></xsl:when>
        <xsl:when test="../p:node/@members"><xsl:value-of select="@links"/> links, <xsl:value-of select="@broken"/> broken</xsl:when>
        <xsl:otherwise><xsl:value-of select="@links"/> links, the worst: <xsl:call-template name="words"><xsl:with-param name="name" select="@state"/></xsl:call-template></xsl:otherwise>
      </xsl:choose></title>
      <xsl:choose>
        <xsl:when test="@path"><path class="hit" d="{@path}"/><path class="edge {@state}" d="{@path}" marker-end="{$arrow}"/></xsl:when>
        <xsl:when test="../p:node/@members and @broken &gt; 0">
          <!-- As much of the line as there are broken ones among its links. -->
          <xsl:variable name="half"><xsl:choose><xsl:when test="@broken div @links &lt; 0.08">0.04</xsl:when><xsl:otherwise><xsl:value-of select="0.5 * @broken div @links"/></xsl:otherwise></xsl:choose></xsl:variable>
          <xsl:variable name="dx" select="@x2 - @x1"/>
          <xsl:variable name="dy" select="@y2 - @y1"/>
          <line class="hit" x1="{@x1}" y1="{@y1}" x2="{@x2}" y2="{@y2}"/>
          <line class="edge" x1="{@x1}" y1="{@y1}" x2="{@x2}" y2="{@y2}" marker-end="url(#arrow:other)"/>
          <line class="edge broken" x1="{round(@x1 + $dx * (0.5 - $half))}" y1="{round(@y1 + $dy * (0.5 - $half))}" x2="{round(@x1 + $dx * (0.5 + $half))}" y2="{round(@y1 + $dy * (0.5 + $half))}"/>
        </xsl:when>
        <xsl:otherwise>
          <line class="hit" x1="{@x1}" y1="{@y1}" x2="{@x2}" y2="{@y2}"/>
          <line class="edge {@state}" x1="{@x1}" y1="{@y1}" x2="{@x2}" y2="{@y2}" marker-end="{$arrow}"/>
        </xsl:otherwise>
      </xsl:choose>
    </a>
  </xsl:template>

  <xsl:template match="p:node">
    <xsl:variable name="class"><xsl:choose>
      <xsl:when test="@status = 'audited' or @status = 'partial'">audited</xsl:when>
      <xsl:when test="@status">not-audited</xsl:when>
      <xsl:when test="@reachable = 'false'">target dead</xsl:when>
      <xsl:when test="@endpoint and not(@reachable)">target unsure</xsl:when>
      <xsl:otherwise>target</xsl:otherwise>
    </xsl:choose></xsl:variable>
    <a data-node="{@number}">
      <xsl:attribute name="href">#<xsl:choose>
        <xsl:when test="@instance"><xsl:value-of select="str:encode-uri(@instance, true())"/></xsl:when>
        <xsl:when test="@endpoint">endpoint-<xsl:value-of select="@endpoint"/></xsl:when>
        <xsl:otherwise>instances</xsl:otherwise>
      </xsl:choose></xsl:attribute>
      <title><xsl:value-of select="@label"/><xsl:choose>
        <xsl:when test="@members &gt; 0">: <xsl:value-of select="@members"/> instances</xsl:when>
        <xsl:when test="@status">, <xsl:value-of select="translate(@status, '-', ' ')"/></xsl:when>
        <xsl:when test="@reachable = 'false'">, does not answer</xsl:when>
        <xsl:when test="@reachable">, answers</xsl:when>
        <xsl:when test="@endpoint">, not known whether it answers</xsl:when>
      </xsl:choose></title>
      <rect class="box {$class}" x="{@x - @width div 2}" y="{@y - ../@box div 2}" width="{@width}" height="{../@box}"><xsl:if test="@status or @members &gt; 0"><xsl:attribute name="rx">8</xsl:attribute></xsl:if></rect>
      <text x="{@x}" y="{@y + 4}"><xsl:value-of select="@short"/></text>
    </a>
  </xsl:template>

  <!-- Former runs and this one, side by side. -->
  <xsl:template name="trends">
    <xsl:variable name="former" select="r:audit/r:history/r:trend"/>
    <div class="trends">
      <xsl:call-template name="trend">
        <xsl:with-param name="title" select="'Broken links'"/>
        <xsl:with-param name="former" select="$former/@links-failed"/>
        <xsl:with-param name="now" select="number(p:broken/@total)"/>
      </xsl:call-template>
      <xsl:call-template name="trend">
        <xsl:with-param name="title" select="'Links'"/>
        <xsl:with-param name="former" select="$former/@links"/>
        <xsl:with-param name="now" select="number(@links)"/>
      </xsl:call-template>
      <xsl:call-template name="trend">
        <xsl:with-param name="title" select="'High findings'"/>
        <xsl:with-param name="former" select="$former/@high"/>
        <xsl:with-param name="now" select="sum(p:severity[@name = 'high']/@count)"/>
      </xsl:call-template>
    </div>
  </xsl:template>

  <xsl:template name="trend">
    <xsl:param name="title"/>
    <xsl:param name="former"/>
    <xsl:param name="now"/>
    <xsl:variable name="most"><xsl:for-each select="$former"><xsl:sort select="." data-type="number" order="descending"/><xsl:if test="position() = 1"><xsl:value-of select="."/></xsl:if></xsl:for-each></xsl:variable>
    <xsl:variable name="maximum"><xsl:choose><xsl:when test="$most &gt; $now"><xsl:value-of select="$most"/></xsl:when><xsl:when test="$now &gt; 0"><xsl:value-of select="$now"/></xsl:when><xsl:otherwise>1</xsl:otherwise></xsl:choose></xsl:variable>
    <xsl:if test="$former">
      <figure class="trend">
        <figcaption><strong><xsl:value-of select="$title"/></strong> over <xsl:value-of select="count($former) + 1"/> runs: <xsl:value-of select="$now"/> now, <xsl:value-of select="$former[last()]"/> before</figcaption>
        <svg viewBox="0 0 {count($former) * 10 + 10} 40" preserveAspectRatio="none" role="img">
          <xsl:attribute name="aria-label"><xsl:value-of select="$title"/>: <xsl:for-each select="$former"><xsl:value-of select="."/>, </xsl:for-each><xsl:value-of select="$now"/></xsl:attribute>
          <xsl:for-each select="$former">
            <rect class="fill" x="{(position() - 1) * 10 + 1}" y="{39 - 39 * . div $maximum}" width="8" height="{1 + 39 * . div $maximum}"/>
          </xsl:for-each>
          <rect class="now" x="{count($former) * 10 + 1}" y="{39 - 39 * $now div $maximum}" width="8" height="{1 + 39 * $now div $maximum}"/>
        </svg>
      </figure>
    </xsl:if>
  </xsl:template>

  <!-- ============================================================ findings ============================== -->

  <xsl:template match="p:piece[@kind = 'findings']">
    <xsl:variable name="first" select="r:finding[1]"/>
    <slots><slot name="findings">
      <details class="rule" data-severity="{$first/@severity}">
        <xsl:if test="@from &gt; 1"><xsl:attribute name="class">rule part</xsl:attribute></xsl:if>
        <xsl:if test="r:finding[@waived = 'true']"><xsl:attribute name="data-waived">true</xsl:attribute></xsl:if>
        <xsl:if test="@from = 1"><xsl:attribute name="id">rule-<xsl:value-of select="$first/@rule"/>-<xsl:value-of select="$first/@severity"/></xsl:attribute></xsl:if>
        <summary><xsl:choose>
          <xsl:when test="@from &gt; 1"><span class="sr"><xsl:value-of select="$first/@rule"/><xsl:text> </xsl:text><xsl:choose><xsl:when test="$first/r:title"><xsl:value-of select="$first/r:title"/></xsl:when><xsl:otherwise>Rule <xsl:value-of select="$first/@rule"/></xsl:otherwise></xsl:choose>, </span><xsl:value-of select="@from"/> to <xsl:value-of select="@to"/><xsl:if test="r:finding[@waived = 'true']"><xsl:text>, </xsl:text><xsl:value-of select="count(r:finding[@waived = 'true'])"/> waived</xsl:if></xsl:when>
          <xsl:otherwise>
            <span class="severity {$first/@severity}"><xsl:value-of select="$first/@severity"/></span>
            <span class="rule-id"><xsl:value-of select="$first/@rule"/></span>
            <span class="title"><xsl:choose><xsl:when test="$first/r:title"><xsl:value-of select="$first/r:title"/></xsl:when><xsl:otherwise>Rule <xsl:value-of select="$first/@rule"/></xsl:otherwise></xsl:choose></span>
            <span class="count"><xsl:if test="@count != count(r:finding)"><xsl:value-of select="@from"/> to <xsl:value-of select="@to"/> of </xsl:if><xsl:value-of select="@count"/><xsl:if test="r:finding[@waived = 'true']"><xsl:text>, </xsl:text><xsl:value-of select="count(r:finding[@waived = 'true'])"/> waived</xsl:if></span>
          </xsl:otherwise>
        </xsl:choose></summary>
        <div class="body">
          <xsl:if test="$first/r:why"><p class="why"><xsl:value-of select="$first/r:why"/></p></xsl:if>
          <xsl:variable name="same" select="count(r:finding) &gt; 1 and not(r:finding[not(r:remedy = $first/r:remedy)])"/>
          <xsl:if test="$same"><xsl:call-template name="remedy"><xsl:with-param name="text" select="$first/r:remedy"/></xsl:call-template></xsl:if>
          <ul class="subjects"><xsl:apply-templates select="r:finding" mode="subject"><xsl:with-param name="remedy" select="not($same)"/></xsl:apply-templates></ul>
          <xsl:if test="$first/r:reference">
            <p class="references">See <xsl:for-each select="$first/r:reference"><xsl:if test="position() &gt; 1"> · </xsl:if><xsl:value-of select="."/></xsl:for-each></p>
          </xsl:if>
        </div>
      </details>
    </slot></slots>
  </xsl:template>

  <xsl:template match="r:finding" mode="subject">
    <xsl:param name="remedy"/>
    <li>
      <xsl:if test="@waived = 'true'"><xsl:attribute name="class">waived</xsl:attribute></xsl:if>
      <p class="subject">
        <xsl:choose>
          <xsl:when test="@link and @p:row"><a class="name" href="#{str:encode-uri(@instance, true())}/{str:encode-uri(@link, true())}"><bdi class="of"><xsl:value-of select="@instance"/></bdi> → <bdi><xsl:value-of select="@link"/></bdi></a></xsl:when>
          <xsl:when test="@link"><span class="name"><bdi class="of"><xsl:value-of select="@instance"/></bdi> → <bdi><xsl:value-of select="@link"/></bdi></span></xsl:when>
          <xsl:when test="@instance"><a class="name" href="#{str:encode-uri(@instance, true())}"><bdi><xsl:value-of select="@instance"/></bdi></a></xsl:when>
        </xsl:choose>
        <xsl:if test="@endpoint"><xsl:text> </xsl:text><a class="endpoint-name" href="#endpoint-{@endpoint}"><bdi><xsl:value-of select="@p:target"/></bdi></a></xsl:if>
        <xsl:if test="@since"><xsl:text> </xsl:text><span class="since">since <xsl:call-template name="date"><xsl:with-param name="moment" select="@since"/></xsl:call-template></span></xsl:if>
        <xsl:if test="@waived = 'true'"><xsl:text> </xsl:text><span class="tag">waived<xsl:if test="@waiver">: <xsl:value-of select="@waiver"/></xsl:if></span></xsl:if>
      </p>
      <xsl:if test="r:evidence != ''"><p class="evidence"><xsl:value-of select="r:evidence"/></p></xsl:if>
      <xsl:if test="$remedy"><xsl:call-template name="remedy"><xsl:with-param name="text" select="r:remedy"/></xsl:call-template></xsl:if>
    </li>
  </xsl:template>

  <!-- A command to copy, or a sentence. -->
  <xsl:template name="remedy">
    <xsl:param name="text"/>
    <xsl:choose>
      <xsl:when test="not($text != '')"/>
      <xsl:when test="contains($text, ';') or contains($text, 'EXEC ') or contains($text, '   ') or starts-with($text, '--')"><xsl:call-template name="code"><xsl:with-param name="text" select="$text"/><xsl:with-param name="label" select="'Remedy'"/></xsl:call-template></xsl:when>
      <xsl:otherwise><p class="remedy"><strong>Remedy:</strong><xsl:text> </xsl:text><xsl:value-of select="$text"/></p></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="code">
    <xsl:param name="text"/>
    <xsl:param name="label"/>
    <div class="code"><span class="code-label"><xsl:value-of select="$label"/></span>
      <xsl:choose>
        <xsl:when test="starts-with($text, '--') or not(contains($text, '   '))"><xsl:call-template name="command"><xsl:with-param name="text" select="$text"/></xsl:call-template></xsl:when>
        <xsl:otherwise><xsl:call-template name="commands"><xsl:with-param name="text" select="$text"/></xsl:call-template></xsl:otherwise>
      </xsl:choose>
    </div>
  </xsl:template>

  <xsl:template name="command">
    <xsl:param name="text"/>
    <div class="command"><pre tabindex="0"><code><xsl:value-of select="$text"/></code></pre></div>
  </xsl:template>

  <!-- A command, three blanks, where it is typed and other remarks, three blanks, the next command, and so on. Blanks in
       a literal of the command are its own: the quotes before them do not match. -->
  <xsl:template name="commands">
    <xsl:param name="text"/>
    <xsl:param name="begun" select="''"/>
    <xsl:param name="parts" select="1"/>
    <xsl:variable name="command" select="concat($begun, substring-before($text, '   '))"/>
    <xsl:variable name="rest" select="substring-after($text, '   ')"/>
    <xsl:choose>
      <xsl:when test="not(contains($text, '   ')) or $parts &gt; 20"><xsl:call-template name="command"><xsl:with-param name="text" select="concat($begun, $text)"/></xsl:call-template></xsl:when>
      <xsl:when test="string-length(translate($command, &quot;'&quot;, '')) mod 2 != string-length($command) mod 2">
        <xsl:call-template name="commands"><xsl:with-param name="text" select="$rest"/><xsl:with-param name="begun" select="concat($command, '   ')"/><xsl:with-param name="parts" select="$parts + 1"/></xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="command"><xsl:with-param name="text" select="$command"/></xsl:call-template>
        <p class="remark"><xsl:value-of select="substring-before(concat($rest, '   '), '   ')"/></p>
        <xsl:if test="contains($rest, '   ')"><xsl:call-template name="commands"><xsl:with-param name="text" select="substring-after($rest, '   ')"/><xsl:with-param name="parts" select="$parts + 1"/></xsl:call-template></xsl:if>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- ============================================================ links ================================= -->

  <xsl:template name="links-frame">
    <xsl:choose>
      <xsl:when test="@links = 0"><p class="quiet">None was visible to the audit login<xsl:if test="@instances-with-hidden &gt; 0">, which may not see everything</xsl:if>.</p></xsl:when>
      <xsl:otherwise>
        <div class="tools" hidden="hidden">
          <label class="search">Search <input type="search" id="search" autocomplete="off" placeholder="name, target, provider, cause"/></label>
          <fieldset class="chips">
            <legend class="sr">Show</legend>
            <xsl:for-each select="p:state">
              <label class="chip {@name}"><input type="checkbox" name="state" value="{@name}"/><span><xsl:call-template name="words"><xsl:with-param name="name" select="@name"/></xsl:call-template><xsl:text> </xsl:text><span class="count"><xsl:value-of select="@count"/></span></span></label>
            </xsl:for-each>
            <xsl:if test="p:breaks/@total &gt; 0"><label class="chip"><input type="checkbox" name="verdict" value="breaks"/><span>breaks on 2025 <span class="count"><xsl:value-of select="p:breaks/@total"/></span></span></label></xsl:if>
            <xsl:if test="p:already/@links &gt; 0"><label class="chip"><input type="checkbox" name="verdict" value="breaks-already"/><span>breaks already <span class="count"><xsl:value-of select="p:already/@links"/></span></span></label></xsl:if>
            <xsl:if test="p:verdict[@name = 'unknown']"><label class="chip"><input type="checkbox" name="verdict" value="unknown"/><span>2025 not known <span class="count"><xsl:value-of select="p:verdict[@name = 'unknown']/@count"/></span></span></label></xsl:if>
          </fieldset>
          <p class="shown" role="status" aria-live="polite"></p>
        </div>
        <div class="grid link-grid head">
          <span data-sort="state">State</span><span data-sort="instance">Instance</span><span data-sort="name">Link</span><span data-sort="target">Leads to</span><span data-sort="provider">Provider</span><span data-sort="verdict">SQL Server 2025</span>
        </div>
        <div class="groups"><xsl:call-template name="slot"><xsl:with-param name="name" select="'links'"/></xsl:call-template></div>
        <p class="quiet none" hidden="hidden">No link matches.</p>
        <xsl:if test="@brief"><p class="quiet">In a report of this size, links that work and endpoints without fault are shown without their details. The XML beside this page has them.</p></xsl:if>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="p:piece[@kind = 'links']">
    <slots><slot name="links"><ul class="rows links group"><xsl:apply-templates select="r:linked-server"/></ul></slot></slots>
  </xsl:template>

  <xsl:template match="r:linked-server">
    <li data-state="{@p:state}">
      <xsl:if test="@p:verdict"><xsl:attribute name="data-verdict"><xsl:value-of select="@p:verdict"/></xsl:attribute></xsl:if>
      <xsl:choose>
        <xsl:when test="@p:brief"><div id="{str:encode-uri(@p:instance, true())}/{str:encode-uri(@name, true())}" class="row grid link-grid"><xsl:call-template name="link-cells"/></div></xsl:when>
        <xsl:otherwise>
          <details id="{str:encode-uri(@p:instance, true())}/{str:encode-uri(@name, true())}">
            <summary class="row grid link-grid"><xsl:call-template name="link-cells"/></summary>
            <div class="body">
              <xsl:apply-templates select="r:diagnosis"/>
              <xsl:if test="@p:state != 'works' or r:test/r:message"><xsl:apply-templates select="r:test"/></xsl:if>
              <xsl:apply-templates select="r:readiness[@verdict != 'ready']"/>
              <xsl:if test="p:finding">
                <p class="found">Findings: <xsl:for-each select="p:finding"><xsl:if test="position() &gt; 1">, </xsl:if><a class="severity {@severity}" href="#rule-{@rule}-{@severity}"><xsl:value-of select="@rule"/></a></xsl:for-each></p>
              </xsl:if>
              <xsl:if test="not(@p:short)"><xsl:call-template name="definition"/></xsl:if>
            </div>
          </details>
        </xsl:otherwise>
      </xsl:choose>
    </li>
  </xsl:template>

  <xsl:template name="link-cells">
    <span class="cell"><span class="state {@p:state}"><xsl:call-template name="words"><xsl:with-param name="name" select="@p:state"/></xsl:call-template></span></span>
    <span class="cell of"><bdi><xsl:value-of select="@p:instance"/></bdi></span>
    <span class="cell name"><bdi><xsl:value-of select="@name"/></bdi></span>
    <span class="cell target"><bdi><xsl:value-of select="@p:target"/></bdi></span>
    <span class="cell provider"><xsl:value-of select="@provider"/></span>
    <span class="cell"><xsl:if test="@p:verdict"><span class="verdict {@p:verdict}"><xsl:value-of select="translate(@p:verdict, '-', ' ')"/></span></xsl:if></span>
  </xsl:template>

  <!-- How many of what: 1 link, 2 links. -->
  <xsl:template name="counted">
    <xsl:param name="count"/>
    <xsl:param name="what"/>
    <xsl:value-of select="concat($count, ' ', $what)"/><xsl:if test="$count != 1">s</xsl:if>
  </xsl:template>

  <!-- A name of an enumeration as words. -->
  <xsl:template name="words">
    <xsl:param name="name"/>
    <xsl:choose>
      <xsl:when test="not(contains($name, '-'))"><xsl:value-of select="$name"/></xsl:when>
      <xsl:when test="starts-with($name, 'tls-')">TLS <xsl:value-of select="translate(substring($name, 5), '-', ' ')"/></xsl:when>
      <xsl:when test="$name = 'browser-silent'">SQL Browser silent</xsl:when>
      <xsl:when test="$name = 'instance-without-tcp'">instance without TCP</xsl:when>
      <xsl:when test="$name = 'closed-on-prelogin'">closed on PRELOGIN</xsl:when>
      <xsl:when test="$name = 'not-network'">no network target</xsl:when>
      <xsl:otherwise><xsl:value-of select="translate($name, '-', ' ')"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="r:diagnosis">
    <div class="diagnosis">
      <p class="text">
        <span class="cause"><xsl:call-template name="words"><xsl:with-param name="name" select="@cause"/></xsl:call-template></span><xsl:text> </xsl:text><xsl:value-of select="r:text"/>
        <xsl:if test="@actor and @actor != 'nobody'"><xsl:text> </xsl:text><span class="actor">Who acts: <xsl:call-template name="actor"/>.</span></xsl:if>
      </p>
      <xsl:if test="r:next != '' and @actor != 'nobody'"><xsl:call-template name="code"><xsl:with-param name="text" select="r:next"/><xsl:with-param name="label" select="'Next'"/></xsl:call-template></xsl:if>
      <xsl:apply-templates select="../p:checklist"/>
    </div>
  </xsl:template>

  <xsl:template name="actor">
    <xsl:choose>
      <xsl:when test="@actor = 'network'">the network team</xsl:when>
      <xsl:when test="@actor = 'dba-source'">the DBA of the instance that owns the link</xsl:when>
      <xsl:when test="@actor = 'dba-target'">the DBA of the target</xsl:when>
      <xsl:when test="@actor = 'directory'">whoever runs DNS and the directory</xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- Ten steps, two vantage points side by side. -->
  <xsl:template match="p:checklist">
    <table class="checklist">
      <thead><tr><th scope="col">Step</th><th scope="col">From the audit host</th><th scope="col">From the instance</th></tr></thead>
      <tbody>
        <xsl:for-each select="p:step">
          <tr>
            <th scope="row"><xsl:value-of select="position()"/><xsl:text> </xsl:text><xsl:value-of select="@label"/></th>
            <td><xsl:apply-templates select="p:host"/></td>
            <td><xsl:apply-templates select="p:instance"/></td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
  </xsl:template>

  <xsl:template match="p:host | p:instance">
    <p><span class="result {@result}"><xsl:value-of select="translate(@result, '-', ' ')"/></span><xsl:text> </xsl:text><xsl:value-of select="."/></p>
  </xsl:template>

  <xsl:template match="r:test">
    <div class="test">
      <p><strong>The instance's own test</strong>: <xsl:value-of select="@outcome"/>
        <xsl:if test="@ms"> after <xsl:value-of select="@ms"/> ms</xsl:if>
        <xsl:if test="@login"> as <bdi><xsl:value-of select="@login"/></bdi></xsl:if>
        <xsl:if test="@reason">. <xsl:value-of select="@reason"/></xsl:if></p>
      <xsl:apply-templates select="." mode="messages"/>
    </div>
  </xsl:template>

  <xsl:template match="*" mode="messages">
    <xsl:if test="r:message">
      <ul class="messages"><xsl:for-each select="r:message"><li>
        <xsl:if test="@number"><span class="message-number"><xsl:value-of select="@number"/></span><xsl:text> </xsl:text></xsl:if>
        <xsl:value-of select="."/>
      </li></xsl:for-each></ul>
    </xsl:if>
  </xsl:template>

  <xsl:template match="r:readiness">
    <div class="readiness">
      <p><strong>On SQL Server <xsl:value-of select="@target"/></strong>: <span class="verdict {@verdict}"><xsl:value-of select="translate(@verdict, '-', ' ')"/></span>. <xsl:value-of select="r:reason"/></p>
      <xsl:if test="r:fix != ''"><xsl:call-template name="code"><xsl:with-param name="text" select="r:fix"/><xsl:with-param name="label" select="'Fix'"/></xsl:call-template></xsl:if>
    </div>
  </xsl:template>

  <xsl:template name="definition">
    <dl class="facts">
      <div><dt>Instance</dt><dd><a href="#{str:encode-uri(@p:instance, true())}"><bdi><xsl:value-of select="@p:instance"/></bdi></a></dd></div>
      <xsl:if test="@endpoint"><div><dt>Endpoint</dt><dd><a href="#endpoint-{@endpoint}"><bdi><xsl:value-of select="@p:target"/></bdi></a><xsl:if test="@p:reachable = 'true'">, answers the audit host</xsl:if><xsl:if test="@p:reachable = 'false'">, does not answer the audit host</xsl:if></dd></div></xsl:if>
      <xsl:if test="@data-source != ''"><div><dt>Data source</dt><dd><bdi><xsl:value-of select="@data-source"/></bdi></dd></div></xsl:if>
      <xsl:if test="@provider-string or @provider-string-visible = 'false'"><div><dt>Provider string</dt><dd><xsl:choose><xsl:when test="@provider-string"><bdi><xsl:value-of select="@provider-string"/></bdi></xsl:when><xsl:otherwise>not visible to the audit login</xsl:otherwise></xsl:choose></dd></div></xsl:if>
      <xsl:if test="@location != ''"><div><dt>Location</dt><dd><bdi><xsl:value-of select="@location"/></bdi></dd></div></xsl:if>
      <xsl:if test="@catalog != ''"><div><dt>Catalog</dt><dd><bdi><xsl:value-of select="@catalog"/></bdi></dd></div></xsl:if>
      <xsl:if test="@target-note"><div><dt>Note</dt><dd><xsl:value-of select="@target-note"/></dd></div></xsl:if>
      <xsl:if test="@rpc-out = 'true' or @data-access = 'false' or @linked = 'false' or @system = 'true'">
        <div><dt>Options</dt><dd>
          <xsl:if test="@rpc-out = 'true'">RPC OUT on. </xsl:if>
          <xsl:if test="@data-access = 'false'">Data access off. </xsl:if>
          <xsl:if test="@linked = 'false'">Old-style remote server. </xsl:if>
          <xsl:if test="@system = 'true'">System. </xsl:if>
        </dd></div>
      </xsl:if>
      <xsl:if test="@modified"><div><dt>Modified</dt><dd><xsl:call-template name="moment"><xsl:with-param name="moment" select="@modified"/></xsl:call-template></dd></div></xsl:if>
      <xsl:if test="r:login">
        <div><dt>Mappings</dt><dd><ul><xsl:for-each select="r:login"><li>
          <xsl:choose><xsl:when test="@local = '*'">every login</xsl:when><xsl:when test="@local"><bdi><xsl:value-of select="@local"/></bdi></xsl:when><xsl:otherwise>a login that is not visible</xsl:otherwise></xsl:choose>
          <xsl:text> as </xsl:text>
          <xsl:choose><xsl:when test="@self = 'true'">itself</xsl:when><xsl:when test="@remote"><bdi><xsl:value-of select="@remote"/></bdi></xsl:when><xsl:otherwise>nobody</xsl:otherwise></xsl:choose>
          <xsl:if test="@modified"><span class="since"> since <xsl:call-template name="date"><xsl:with-param name="moment" select="@modified"/></xsl:call-template></span></xsl:if>
        </li></xsl:for-each></ul></dd></div>
      </xsl:if>
      <xsl:for-each select="r:certificate-check">
        <div><dt>Certificate</dt><dd>compared with <bdi><xsl:value-of select="@name"/></bdi>:
          <xsl:choose><xsl:when test="@match = 'true'">the name matches</xsl:when><xsl:when test="@match = 'false'">the name does not match</xsl:when><xsl:otherwise>match not known</xsl:otherwise></xsl:choose>,
          <xsl:choose><xsl:when test="@trusted = 'true'">trusted</xsl:when><xsl:when test="@trusted = 'false'">not trusted</xsl:when><xsl:otherwise>trust not known</xsl:otherwise></xsl:choose>,
          <xsl:choose><xsl:when test="@validated = 'true'">and this link validates it</xsl:when><xsl:when test="@validated = 'false'">but this link does not validate it</xsl:when><xsl:otherwise>whether this link validates it is not known</xsl:otherwise></xsl:choose></dd></div>
      </xsl:for-each>
      <xsl:if test="r:use">
        <div><dt>Used by</dt><dd><ul><xsl:for-each select="r:use"><li><xsl:value-of select="translate(@type, '-', ' ')"/><xsl:text> </xsl:text><bdi><xsl:if test="@database"><xsl:value-of select="@database"/>.</xsl:if><xsl:value-of select="@object"/></bdi><xsl:if test="@count &gt; 1"> (<xsl:value-of select="@count"/> times)</xsl:if></li></xsl:for-each></ul></dd></div>
      </xsl:if>
    </dl>
  </xsl:template>

  <!-- ============================================================ instances ============================= -->

  <xsl:template match="p:piece[@kind = 'instances']">
    <slots><slot name="instances"><xsl:apply-templates select="r:instance"/></slot></slots>
  </xsl:template>

  <xsl:template match="r:instance">
    <xsl:variable name="name" select="@name"/>
    <li>
      <xsl:if test="@status != 'audited'"><xsl:attribute name="data-checked">unchecked</xsl:attribute></xsl:if>
      <xsl:if test="@p:view"><xsl:attribute name="data-view"><xsl:value-of select="@p:view"/></xsl:attribute></xsl:if>
      <details id="{str:encode-uri(@name, true())}">
        <summary class="row grid instance-grid">
          <span class="cell"><span class="status {@status}"><xsl:value-of select="translate(@status, '-', ' ')"/></span></span>
          <span class="cell name"><bdi><xsl:value-of select="@name"/></bdi></span>
          <span class="cell"><xsl:value-of select="@product"/></span>
          <span class="cell number"><xsl:choose>
            <xsl:when test="@p:links = 0 and (@status = 'failed' or @status = 'not-run')"><span class="quiet">links not known</span></xsl:when>
            <xsl:otherwise><xsl:call-template name="counted"><xsl:with-param name="count" select="@p:links"/><xsl:with-param name="what" select="'link'"/></xsl:call-template></xsl:otherwise>
          </xsl:choose></span>
          <span class="cell">
            <xsl:if test="@p:broken &gt; 0"><span class="state broken"><xsl:value-of select="@p:broken"/> broken</span></xsl:if>
          </span>
          <span class="cell"><xsl:if test="@p:view"><span class="tag warn"><xsl:value-of select="@p:view"/> view</span></xsl:if></span>
        </summary>
        <div class="body">
          <xsl:for-each select="r:failure">
            <div class="failure"><p><strong>Stopped at: <xsl:value-of select="@phase"/></strong><xsl:if test="../@p:probe">. <xsl:value-of select="../@p:probe"/> What the driver says:</xsl:if></p><xsl:apply-templates select="." mode="messages"/></div>
          </xsl:for-each>
          <dl class="facts">
            <xsl:if test="@server"><div><dt>Server</dt><dd><bdi><xsl:value-of select="@server"/></bdi></dd></div></xsl:if>
            <xsl:if test="@server-version"><div><dt>Version</dt><dd><xsl:value-of select="@server-version"/><xsl:if test="@edition">, <xsl:value-of select="@edition"/></xsl:if></dd></div></xsl:if>
            <xsl:if test="@server-name"><div><dt>ServerName</dt><dd><bdi><xsl:value-of select="@server-name"/></bdi><xsl:if test="@at-at-servername and @at-at-servername != @server-name">, but @@SERVERNAME is <bdi><xsl:value-of select="@at-at-servername"/></bdi></xsl:if></dd></div></xsl:if>
            <xsl:if test="@domain"><div><dt>Domain</dt><dd><xsl:value-of select="@domain"/></dd></div></xsl:if>
            <xsl:if test="@tags != ''"><div><dt>Tags</dt><dd><xsl:value-of select="@tags"/></dd></div></xsl:if>
            <xsl:if test="@zone"><div><dt>Zone</dt><dd><xsl:value-of select="@zone"/></dd></div></xsl:if>
            <xsl:if test="@endpoint"><div><dt>Endpoint</dt><dd><a href="#endpoint-{@endpoint}">as the audit host sees it</a></dd></div></xsl:if>
            <xsl:if test="@ms"><div><dt>Took</dt><dd><xsl:value-of select="format-number(@ms div 1000, '0.0')"/> s</dd></div></xsl:if>
          </dl>
          <xsl:if test="@p:links &gt; 0">
            <h3>Links</h3>
            <ul class="inline"><xsl:for-each select="p:link"><li><a href="#{str:encode-uri($name, true())}/{str:encode-uri(@name, true())}"><bdi><xsl:value-of select="@name"/></bdi></a><xsl:if test="@state != 'works'"><xsl:text> </xsl:text><span class="state {@state}"><xsl:value-of select="translate(@state, '-', ' ')"/></span></xsl:if></li></xsl:for-each></ul>
          </xsl:if>
          <xsl:if test="r:visibility or r:not-readable">
            <h3>What the audit login may see</h3>
            <ul class="plain columns">
              <xsl:for-each select="r:visibility"><xsl:sort select="not(@granted = 'false' and @hides)"/><xsl:sort select="@granted != 'true'"/><li>
                <span class="result"><xsl:attribute name="class">result <xsl:choose><xsl:when test="@granted = 'true'">pass</xsl:when><xsl:when test="@granted = 'false' and @hides">warn</xsl:when><xsl:otherwise>not-applicable</xsl:otherwise></xsl:choose></xsl:attribute>
                  <xsl:choose><xsl:when test="@granted = 'true'">granted</xsl:when><xsl:when test="@granted = 'false'">not granted</xsl:when><xsl:otherwise>not in this version</xsl:otherwise></xsl:choose></span>
                <xsl:text> </xsl:text><xsl:value-of select="@permission"/><xsl:if test="@database"> in <bdi><xsl:value-of select="@database"/></bdi></xsl:if>
                <xsl:if test="@granted = 'false' and @hides">: hides <xsl:for-each select="str:tokenize(@hides, ' ')"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="translate(., '-', ' ')"/></xsl:for-each></xsl:if>
              </li></xsl:for-each>
              <xsl:for-each select="r:not-readable"><li><span class="result unknown">not readable</span><xsl:text> </xsl:text><xsl:value-of select="@what"/><xsl:if test="@database"> in <bdi><xsl:value-of select="@database"/></bdi></xsl:if>: <xsl:value-of select="@reason"/></li></xsl:for-each>
            </ul>
          </xsl:if>
          <xsl:if test="r:database">
            <h3>Databases searched for uses</h3>
            <ul class="plain"><xsl:for-each select="r:database"><li><bdi><xsl:value-of select="@name"/></bdi>: <xsl:choose><xsl:when test="@searched = 'true'"><xsl:call-template name="counted"><xsl:with-param name="count" select="@modules"/><xsl:with-param name="what" select="'module'"/></xsl:call-template> read<xsl:if test="@unreadable-modules &gt; 0">, <xsl:value-of select="@unreadable-modules"/> unreadable</xsl:if></xsl:when><xsl:otherwise>not searched</xsl:otherwise></xsl:choose><xsl:if test="@reason">. <xsl:value-of select="@reason"/></xsl:if></li></xsl:for-each></ul>
          </xsl:if>
          <xsl:if test="r:dangling-use">
            <h3>Code that names links that were not found</h3>
            <ul class="plain"><xsl:for-each select="r:dangling-use"><li><bdi><xsl:value-of select="@link"/></bdi> in <xsl:value-of select="translate(@type, '-', ' ')"/><xsl:text> </xsl:text><bdi><xsl:if test="@database"><xsl:value-of select="@database"/>.</xsl:if><xsl:value-of select="@object"/></bdi></li></xsl:for-each></ul>
          </xsl:if>
          <xsl:if test="r:provider"><h3>Providers</h3><p><xsl:for-each select="r:provider"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@name"/><xsl:if test="@allow-in-process = 'true'"> (in process)</xsl:if></xsl:for-each></p></xsl:if>
          <xsl:if test="r:principal"><h3>Who may change links</h3><ul class="plain"><xsl:for-each select="r:principal"><li><bdi><xsl:value-of select="@name"/></bdi>: <xsl:value-of select="@role"/><xsl:value-of select="@permission"/><xsl:if test="@disabled = 'true'"> (disabled)</xsl:if></li></xsl:for-each></ul></xsl:if>
          <xsl:if test="r:client-alias"><h3>Client aliases</h3><ul class="plain"><xsl:for-each select="r:client-alias"><li><bdi><xsl:value-of select="@name"/></bdi> leads to <bdi><xsl:value-of select="@target"/></bdi></li></xsl:for-each></ul></xsl:if>
          <xsl:if test="r:session"><h3>Sessions through links of others</h3><ul class="plain"><xsl:for-each select="r:session"><li><xsl:value-of select="@sessions"/> from <bdi><xsl:value-of select="@host"/></bdi> as <bdi><xsl:value-of select="@login"/></bdi>, <xsl:value-of select="@auth-scheme"/>, <xsl:choose><xsl:when test="@encrypted = 'TRUE'">encrypted</xsl:when><xsl:when test="@encrypted = 'FALSE'">not encrypted</xsl:when></xsl:choose></li></xsl:for-each></ul></xsl:if>
          <xsl:if test="r:sql-login"><h3>SQL logins that links use</h3><ul class="plain"><xsl:for-each select="r:sql-login"><li><bdi><xsl:value-of select="@name"/></bdi><xsl:if test="@sysadmin = 'true'">, sysadmin</xsl:if><xsl:if test="@disabled = 'true'">, disabled</xsl:if><xsl:if test="@locked = 'true'">, locked</xsl:if><xsl:if test="@expired = 'true'">, expired</xsl:if><xsl:if test="@days-until-expiration">, expires in <xsl:call-template name="counted"><xsl:with-param name="count" select="@days-until-expiration"/><xsl:with-param name="what" select="'day'"/></xsl:call-template></xsl:if></li></xsl:for-each></ul></xsl:if>
          <xsl:if test="r:property">
            <details class="properties">
              <summary>Properties of the server and of the audit's session (<xsl:value-of select="count(r:property)"/>)</summary>
              <dl class="facts"><xsl:for-each select="r:property"><div><dt><xsl:value-of select="@name"/></dt><dd><bdi><xsl:value-of select="@value"/></bdi></dd></div></xsl:for-each></dl>
            </details>
          </xsl:if>
        </div>
      </details>
    </li>
  </xsl:template>

  <!-- ============================================================ endpoints ============================= -->

  <xsl:template name="endpoints-frame">
    <xsl:choose>
      <xsl:when test="@endpoints = 0"><p class="quiet">No link leads to a target that could be asked.</p></xsl:when>
      <xsl:otherwise>
        <xsl:if test="p:certificates/p:certificate">
          <details class="timeline" open="open">
            <summary>Certificates by the day they end</summary>
            <ol>
              <xsl:for-each select="p:certificates/p:certificate">
                <li>
                  <span class="cell date"><xsl:value-of select="substring(r:certificate/@not-after, 1, 10)"/></span>
                  <span class="cell"><xsl:choose>
                    <xsl:when test="@days &lt; 0"><span class="result fail">expired <xsl:call-template name="counted"><xsl:with-param name="count" select="-@days"/><xsl:with-param name="what" select="'day'"/></xsl:call-template> ago</span></xsl:when>
                    <xsl:when test="@days &lt;= 30"><span class="result warn">in <xsl:call-template name="counted"><xsl:with-param name="count" select="@days"/><xsl:with-param name="what" select="'day'"/></xsl:call-template></span></xsl:when>
                    <xsl:otherwise><span class="result pass">in <xsl:call-template name="counted"><xsl:with-param name="count" select="@days"/><xsl:with-param name="what" select="'day'"/></xsl:call-template></span></xsl:otherwise>
                  </xsl:choose></span>
                  <a class="cell" href="#endpoint-{@endpoint}"><bdi><xsl:value-of select="@target"/></bdi></a>
                </li>
              </xsl:for-each>
            </ol>
            <xsl:if test="p:certificates/@total &gt; count(p:certificates/p:certificate)"><p class="quiet">and <xsl:call-template name="counted"><xsl:with-param name="count" select="p:certificates/@total - count(p:certificates/p:certificate)"/><xsl:with-param name="what" select="'later one'"/></xsl:call-template></p></xsl:if>
          </details>
        </xsl:if>
        <xsl:if test="@endpoints-unreachable &gt; 0">
          <fieldset class="chips" data-rows="endpoints" hidden="hidden">
            <legend class="sr">Show endpoints</legend>
            <label class="chip"><input type="checkbox" name="answers" value="no-answer"/><span>no answer <span class="count"><xsl:value-of select="@endpoints-unreachable"/></span></span></label>
          </fieldset>
        </xsl:if>
        <div class="grid endpoint-grid head">
          <span>Endpoint</span><span>Answers</span><span>SSL 3</span><span>TLS 1.0</span><span>TLS 1.1</span><span>TLS 1.2</span><span>TLS 1.3</span><span>TDS 8.0</span><span>Certificate</span><span>Links</span>
        </div>
        <div class="groups"><xsl:call-template name="slot"><xsl:with-param name="name" select="'endpoints'"/></xsl:call-template></div>
        <p class="legend"><span class="tls accepted good">yes</span> accepted · <span class="tls accepted old">yes</span> accepted, and outdated · <span class="tls rejected">no</span> rejected · <span class="tls inconclusive">?</span> not known · <span class="tls none">–</span> not asked</p>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="p:piece[@kind = 'endpoints']">
    <slots><slot name="endpoints"><ul class="rows endpoints group"><xsl:apply-templates select="r:endpoint"/></ul></slot></slots>
  </xsl:template>

  <xsl:template match="r:endpoint">
    <li>
      <xsl:if test="@reachable = 'false'"><xsl:attribute name="data-answers">no-answer</xsl:attribute></xsl:if>
      <xsl:choose>
        <xsl:when test="@p:brief"><div id="endpoint-{@id}" class="row grid endpoint-grid"><xsl:call-template name="endpoint-cells"/></div></xsl:when>
        <xsl:otherwise>
          <details id="endpoint-{@id}">
            <summary class="row grid endpoint-grid"><xsl:call-template name="endpoint-cells"/></summary>
            <xsl:call-template name="endpoint-body"/>
          </details>
        </xsl:otherwise>
      </xsl:choose>
    </li>
  </xsl:template>

  <xsl:template name="endpoint-cells">
          <span class="cell name"><bdi><xsl:value-of select="@p:target"/></bdi><xsl:if test="@kind != 'sqlserver'"><xsl:text> </xsl:text><span class="kind"><xsl:value-of select="@kind"/></span></xsl:if><xsl:if test="@zone"><xsl:text> </xsl:text><span class="kind"><xsl:value-of select="@zone"/></span></xsl:if></span>
          <span class="cell"><xsl:choose>
            <xsl:when test="@reachable = 'true'"><span class="result pass">yes</span></xsl:when>
            <xsl:when test="@reachable = 'false'"><span class="result fail">no</span></xsl:when>
            <xsl:otherwise><span class="result unknown">not known</span></xsl:otherwise>
          </xsl:choose></span>
          <xsl:apply-templates select="p:tls"/>
          <span class="cell"><span class="sr">TDS 8.0: </span><xsl:choose>
            <xsl:when test="r:strict/@outcome = 'yes'"><span class="tls accepted good">yes</span></xsl:when>
            <xsl:when test="r:strict/@outcome = 'no'"><span class="tls rejected">no</span></xsl:when>
            <xsl:when test="r:strict and r:strict/@outcome != 'skipped'"><span class="tls inconclusive">?</span></xsl:when>
            <xsl:otherwise><span class="tls none">–</span></xsl:otherwise>
          </xsl:choose></span>
          <span class="cell"><xsl:call-template name="certificate-cell"/></span>
          <span class="cell number"><xsl:value-of select="@links"/></span>
  </xsl:template>

  <xsl:template name="endpoint-body">
        <div class="body">
          <xsl:apply-templates select="r:diagnosis"/>
          <dl class="facts">
            <xsl:if test="@audited-as"><div><dt>Audited as</dt><dd><a href="#{str:encode-uri(@audited-as, true())}"><bdi><xsl:value-of select="@audited-as"/></bdi></a></dd></div></xsl:if>
            <xsl:if test="@zone"><div><dt>Seen from</dt><dd><xsl:value-of select="@zone"/></dd></div></xsl:if>
            <xsl:for-each select="r:resolve">
              <div><dt>Name</dt><dd><xsl:value-of select="translate(@outcome, '-', ' ')"/><xsl:if test="@tried"> (tried <bdi><xsl:value-of select="@tried"/></bdi>)</xsl:if><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if></dd></div>
              <xsl:if test="r:address"><div><dt>Addresses</dt><dd><xsl:for-each select="r:address"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@ip"/><xsl:if test="@reverse"> (<bdi><xsl:value-of select="@reverse"/></bdi>)</xsl:if><xsl:if test="@allowed = 'false'">, not allowed: nothing was sent there</xsl:if></xsl:for-each></dd></div></xsl:if>
            </xsl:for-each>
            <xsl:for-each select="r:ping"><div><dt>Ping</dt><dd><xsl:value-of select="@outcome"/><xsl:call-template name="ms"/><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if></dd></div></xsl:for-each>
            <xsl:for-each select="r:browser"><div><dt>SQL Browser</dt><dd><xsl:value-of select="translate(@outcome, '-', ' ')"/><xsl:if test="@tcp-port">: TCP port <xsl:value-of select="@tcp-port"/></xsl:if><xsl:if test="@version">, version <xsl:value-of select="@version"/></xsl:if><xsl:call-template name="ms"/><xsl:if test="@instances"> Listed: <bdi><xsl:value-of select="@instances"/></bdi></xsl:if><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if></dd></div></xsl:for-each>
            <xsl:for-each select="r:connect"><div><dt>TCP <xsl:value-of select="@ip"/>:<xsl:value-of select="@port"/></dt><dd><xsl:value-of select="translate(@outcome, '-', ' ')"/><xsl:if test="@from"> by <xsl:value-of select="@from"/></xsl:if><xsl:call-template name="ms"/><xsl:if test="@retransmissions &gt; 0">, <xsl:value-of select="@retransmissions"/> SYN sent again</xsl:if><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if></dd></div></xsl:for-each>
            <xsl:for-each select="r:prelogin"><div><dt>PRELOGIN</dt><dd><xsl:value-of select="translate(@outcome, '-', ' ')"/><xsl:if test="@server-version">: version <xsl:value-of select="@server-version"/></xsl:if><xsl:if test="@encryption">, encryption <xsl:value-of select="translate(@encryption, '-', ' ')"/></xsl:if><xsl:if test="@looks-like">, looks like <xsl:value-of select="@looks-like"/></xsl:if><xsl:call-template name="ms"/><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if></dd></div></xsl:for-each>
            <xsl:for-each select="r:tls"><div><dt><xsl:value-of select="@protocol"/></dt><dd><xsl:value-of select="@outcome"/><xsl:if test="@cipher">, <xsl:value-of select="@cipher"/></xsl:if><xsl:if test="@key-exchange">, <xsl:value-of select="@key-exchange"/></xsl:if><xsl:if test="@alert"> (<xsl:value-of select="translate(@alert, '_', ' ')"/>)</xsl:if><xsl:call-template name="ms"/><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if><xsl:if test="@as-of">, as found on <xsl:call-template name="date"><xsl:with-param name="moment" select="@as-of"/></xsl:call-template></xsl:if></dd></div></xsl:for-each>
            <xsl:for-each select="r:strict"><div><dt>TDS 8.0</dt><dd><xsl:value-of select="@outcome"/><xsl:if test="@protocol">, <xsl:value-of select="@protocol"/></xsl:if><xsl:if test="@alpn">, ALPN <xsl:value-of select="@alpn"/></xsl:if><xsl:call-template name="ms"/><xsl:if test="@detail">: <xsl:value-of select="@detail"/></xsl:if><xsl:if test="@as-of">, as found on <xsl:call-template name="date"><xsl:with-param name="moment" select="@as-of"/></xsl:call-template></xsl:if></dd></div></xsl:for-each>
            <xsl:for-each select="r:property"><div><dt><xsl:value-of select="@name"/></dt><dd><bdi><xsl:value-of select="@value"/></bdi></dd></div></xsl:for-each>
            <xsl:if test="@broken-off &gt; 0"><div><dt>Left in its log</dt><dd><xsl:call-template name="counted"><xsl:with-param name="count" select="@broken-off"/><xsl:with-param name="what" select="'handshake'"/></xsl:call-template> begun and broken off</dd></div></xsl:if>
          </dl>
          <xsl:if test="r:certificate">
            <h3>Certificates</h3>
            <ol class="certificates"><xsl:apply-templates select="r:certificate"/></ol>
          </xsl:if>
        </div>
  </xsl:template>

  <xsl:template name="ms"><xsl:if test="@ms"> in <xsl:value-of select="@ms"/> ms</xsl:if></xsl:template>

  <xsl:template match="p:tls">
    <span class="cell">
      <span class="sr"><xsl:value-of select="@protocol"/>: </span>
      <xsl:choose>
        <xsl:when test="@outcome = 'accepted' and @old"><span class="tls accepted old">yes</span></xsl:when>
        <xsl:when test="@outcome = 'accepted'"><span class="tls accepted good">yes</span></xsl:when>
        <xsl:when test="@outcome = 'rejected' or @outcome = 'closed'"><span class="tls rejected">no</span></xsl:when>
        <xsl:when test="@outcome = 'inconclusive' or @outcome = 'timeout'"><span class="tls inconclusive">?</span></xsl:when>
        <xsl:otherwise><span class="tls none">–</span></xsl:otherwise>
      </xsl:choose>
    </span>
  </xsl:template>

  <xsl:template name="certificate-cell">
    <xsl:variable name="own" select="r:certificate[1]"/>
    <xsl:choose>
      <xsl:when test="not($own)"><span class="quiet">none seen</span></xsl:when>
      <xsl:when test="@p:days &lt; 0"><span class="result fail">expired</span></xsl:when>
      <xsl:when test="$own/@fallback = 'true'"><span class="result warn">generated</span></xsl:when>
      <xsl:when test="$own/@self-signed = 'true'"><span class="result warn">self-signed</span></xsl:when>
      <xsl:when test="$own/@name-match = 'false'"><span class="result warn">wrong name</span></xsl:when>
      <xsl:when test="$own/@trusted = 'false'"><span class="result warn">not trusted</span></xsl:when>
      <xsl:when test="@p:days &lt;= 30"><span class="result warn">ends in <xsl:call-template name="counted"><xsl:with-param name="count" select="@p:days"/><xsl:with-param name="what" select="'day'"/></xsl:call-template></span></xsl:when>
      <xsl:when test="$own/@trusted = 'true'"><span class="result pass">trusted</span></xsl:when>
      <xsl:otherwise><span class="result unknown">seen</span></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="r:certificate">
    <li>
      <p class="name"><bdi><xsl:value-of select="@subject"/></bdi></p>
      <p>issued by <bdi><xsl:value-of select="@issuer"/></bdi>,
        valid <xsl:call-template name="date"><xsl:with-param name="moment" select="@not-before"/></xsl:call-template> to <xsl:call-template name="date"><xsl:with-param name="moment" select="@not-after"/></xsl:call-template>,
        <xsl:value-of select="@key"/>, <xsl:value-of select="@signature"/><xsl:if test="@as-of">, as found on <xsl:call-template name="date"><xsl:with-param name="moment" select="@as-of"/></xsl:call-template></xsl:if></p>
      <xsl:if test="r:name"><p>for <xsl:for-each select="r:name"><xsl:if test="position() &gt; 1">, </xsl:if><bdi><xsl:value-of select="."/></bdi></xsl:for-each></p></xsl:if>
      <xsl:if test="@trust-error"><p><span class="result warn">not trusted</span><xsl:text> </xsl:text><xsl:value-of select="@trust-error"/></p></xsl:if>
      <xsl:if test="@sha1"><p class="hash">SHA-1 <xsl:value-of select="@sha1"/></p></xsl:if>
      <xsl:if test="@sha256"><p class="hash">SHA-256 <xsl:value-of select="@sha256"/></p></xsl:if>
    </li>
  </xsl:template>

  <!-- ============================================================ changes, compliance, the run ========== -->

  <xsl:template name="changes">
    <section id="changes" aria-labelledby="changes-title">
      <h2 id="changes-title">Changes</h2>
      <p class="lead">Since run <xsl:value-of select="r:audit/r:changes/@since-run"/>.</p>
      <xsl:choose>
        <xsl:when test="r:audit/r:changes/r:change">
          <ul class="plain changes"><xsl:for-each select="r:audit/r:changes/r:change"><li><xsl:call-template name="change-text"/></li></xsl:for-each></ul>
        </xsl:when>
        <xsl:otherwise><p class="quiet">Nothing changed.</p></xsl:otherwise>
      </xsl:choose>
    </section>
  </xsl:template>

  <xsl:template name="change-text">
    <span class="change {@kind}"><xsl:value-of select="translate(@kind, '-', ' ')"/></span><xsl:text> </xsl:text>
    <xsl:value-of select="@what"/><xsl:text> </xsl:text>
    <xsl:choose>
      <xsl:when test="@link and @p:row"><a class="name" href="#{str:encode-uri(@instance, true())}/{str:encode-uri(@link, true())}"><bdi class="of"><xsl:value-of select="@instance"/></bdi> → <bdi><xsl:value-of select="@link"/></bdi></a></xsl:when>
      <xsl:when test="@link"><bdi class="of"><xsl:value-of select="@instance"/></bdi> → <bdi><xsl:value-of select="@link"/></bdi></xsl:when>
      <xsl:when test="@instance"><bdi><xsl:value-of select="@instance"/></bdi></xsl:when>
      <xsl:when test="@endpoint"><bdi><xsl:value-of select="@endpoint"/></bdi></xsl:when>
    </xsl:choose>
    <xsl:if test="@item"><xsl:text> </xsl:text><bdi class="item"><xsl:value-of select="@item"/></bdi></xsl:if>
    <xsl:if test="@before or @after">: <bdi><xsl:choose><xsl:when test="@before"><xsl:value-of select="@before"/></xsl:when><xsl:otherwise>nothing</xsl:otherwise></xsl:choose></bdi> → <bdi><xsl:choose><xsl:when test="@after"><xsl:value-of select="@after"/></xsl:when><xsl:otherwise>nothing</xsl:otherwise></xsl:choose></bdi></xsl:if>
  </xsl:template>

  <xsl:template name="compliance-frame">
    <section id="compliance" aria-labelledby="compliance-title">
      <h2 id="compliance-title">Compliance</h2>
      <p class="lead">Answers to DISA STIG rules: <xsl:for-each select="p:answer"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@count"/><xsl:text> </xsl:text><xsl:value-of select="translate(@name, '-', ' ')"/></xsl:for-each>. Not assessable is an answer: it says that the evidence could not be had.</p>
      <div class="requirements"><xsl:call-template name="slot"><xsl:with-param name="name" select="'compliance'"/></xsl:call-template></div>
    </section>
  </xsl:template>

  <xsl:template match="p:piece[@kind = 'compliance']">
    <xsl:variable name="first" select="r:answer[1]"/>
    <slots><slot name="compliance">
      <details class="requirement">
        <xsl:if test="@from &gt; 1"><xsl:attribute name="class">requirement part</xsl:attribute></xsl:if>
        <xsl:if test="@from = 1"><xsl:attribute name="id">requirement-<xsl:value-of select="str:encode-uri($first/@rule, true())"/></xsl:attribute></xsl:if>
        <summary><xsl:choose>
          <xsl:when test="@from &gt; 1"><span class="sr"><xsl:value-of select="$first/@rule"/><xsl:text> </xsl:text><xsl:value-of select="$first/@title"/>, </span><xsl:value-of select="@from"/> to <xsl:value-of select="@to"/></xsl:when>
          <xsl:otherwise>
            <span class="rule-id"><xsl:value-of select="$first/@rule"/></span>
            <span class="title"><xsl:choose><xsl:when test="$first/@title"><xsl:value-of select="$first/@title"/></xsl:when><xsl:otherwise>Rule <xsl:value-of select="$first/@rule"/></xsl:otherwise></xsl:choose><xsl:if test="$first/@category"><xsl:text> </xsl:text><span class="category"><xsl:value-of select="$first/@category"/></span></xsl:if></span>
            <span class="results">
              <xsl:if test="@count != count(r:answer)"><span class="count"><xsl:value-of select="@from"/> to <xsl:value-of select="@to"/> of <xsl:value-of select="@count"/></span></xsl:if>
              <xsl:for-each select="p:answer"><xsl:sort select="@name"/><span><xsl:attribute name="class">result <xsl:call-template name="answer-class"><xsl:with-param name="result" select="@name"/></xsl:call-template></xsl:attribute><xsl:value-of select="@count"/><xsl:text> </xsl:text><xsl:value-of select="translate(@name, '-', ' ')"/></span></xsl:for-each>
            </span>
          </xsl:otherwise>
        </xsl:choose></summary>
        <table class="answers">
          <thead><tr><th scope="col">Instance</th><th scope="col">Answer</th><th scope="col">Evidence</th></tr></thead>
          <tbody>
            <xsl:for-each select="r:answer">
              <tr>
                <th scope="row"><a href="#{str:encode-uri(@instance, true())}"><bdi><xsl:value-of select="@instance"/></bdi></a></th>
                <td><span><xsl:attribute name="class">result <xsl:call-template name="answer-class"><xsl:with-param name="result" select="@result"/></xsl:call-template></xsl:attribute><xsl:value-of select="translate(@result, '-', ' ')"/></span></td>
                <td><xsl:value-of select="r:evidence"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </details>
    </slot></slots>
  </xsl:template>

  <xsl:template name="answer-class">
    <xsl:param name="result"/>
    <xsl:choose><xsl:when test="$result = 'not-assessable'">unknown</xsl:when><xsl:otherwise><xsl:value-of select="$result"/></xsl:otherwise></xsl:choose>
  </xsl:template>

  <xsl:template name="run">
    <xsl:variable name="audit" select="r:audit"/>
    <section id="run" aria-labelledby="run-title">
      <h2 id="run-title">This run</h2>
      <dl class="facts">
        <div><dt>Started</dt><dd><xsl:call-template name="moment"><xsl:with-param name="moment" select="$audit/@started"/></xsl:call-template></dd></div>
        <xsl:if test="$audit/@finished"><div><dt>Finished</dt><dd><xsl:call-template name="moment"><xsl:with-param name="moment" select="$audit/@finished"/></xsl:call-template></dd></div></xsl:if>
        <div><dt>From</dt><dd><xsl:value-of select="$audit/@host"/><xsl:if test="$audit/@user"> as <bdi><xsl:value-of select="$audit/@user"/></bdi></xsl:if></dd></div>
        <div><dt>Complete</dt><dd><xsl:choose><xsl:when test="$audit/@complete = 'true'">yes</xsl:when><xsl:otherwise>no</xsl:otherwise></xsl:choose></dd></div>
        <xsl:if test="$audit/@configuration"><div><dt>Configuration</dt><dd><bdi><xsl:value-of select="$audit/@configuration"/></bdi></dd></div></xsl:if>
        <xsl:if test="$audit/@zone"><div><dt>Zone</dt><dd><xsl:value-of select="$audit/@zone"/></dd></div></xsl:if>
        <div><dt>Program</dt><dd><xsl:value-of select="$audit/@program"/></dd></div>
        <div><dt>Run</dt><dd><xsl:value-of select="$audit/@run-id"/></dd></div>
        <xsl:for-each select="$audit/r:settings/r:property"><div><dt><xsl:value-of select="@name"/></dt><dd><bdi><xsl:value-of select="@value"/></bdi></dd></div></xsl:for-each>
      </dl>
    </section>
  </xsl:template>

  <!-- ============================================================ dates ================================= -->

  <xsl:template name="date">
    <xsl:param name="moment"/>
    <xsl:choose><xsl:when test="$moment"><time datetime="{substring($moment, 1, 10)}"><xsl:value-of select="substring($moment, 1, 10)"/></time></xsl:when><xsl:otherwise>not known</xsl:otherwise></xsl:choose>
  </xsl:template>

  <xsl:template name="moment">
    <xsl:param name="moment"/>
    <xsl:if test="$moment"><time datetime="{$moment}"><xsl:value-of select="concat(substring($moment, 1, 10), ' ', substring($moment, 12, 5), ' UTC')"/></time></xsl:if>
  </xsl:template>
</xsl:stylesheet>
