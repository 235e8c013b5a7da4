/* The HTML page: the stylesheet's frame, and its slots filled piece by piece, so that memory and time grow
 * with the largest instance and not with the estate. */
#include "audit/embedded.h"
#include "reports/beside.h"
#include "reports/output.h"
#include "reports/page.h"
#include "reports/tree.h"
#include "reports/xml_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <libexslt/exslt.h>
#include <libxml/xmlsave.h>
#include <libxslt/documents.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltutils.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { SLOTS = 8, WORTH_A_PROCESS = 200 /* rows: fewer are made sooner than it is started */ };

struct slot {
    char name[16];
    char *text;
    size_t size;
    FILE *stream; /* writes to text */
};

struct page {
    xsltStylesheetPtr stylesheet;
    xsltSecurityPrefsPtr preferences;
    char nonce[33];
    struct slot slots[SLOTS];
    size_t count;
    struct arena *arena;
    char *message; /* the stylesheet's last complaint */
};

/* ---- transforming -------------------------------------------------------------------------------------- */

static void keep_message(void *context, const char *format, ...)
{
    struct page *page = context;
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) > 0)
        page->message = arena_format(page->arena, "%s%s", page->message ? page->message : "", text);
    free(text);
    va_end(arguments);
}

static xsltSecurityPrefsPtr forbid_everything(void)
{
    static const xsltSecurityOption options[] = {XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE,
                                                 XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK,
                                                 XSLT_SECPREF_WRITE_NETWORK};
    xsltSecurityPrefsPtr preferences = xsltNewSecurityPrefs();
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        xsltSetSecurityPrefs(preferences, options[i], xsltSecurityForbid);
    return preferences;
}

/* Neither a report nor a stylesheet, also somebody's own, takes anything from elsewhere: xsl:include,
 * xsl:import, document(), document types and entities all end here. */
static xmlDocPtr load_no_document(const xmlChar *address, xmlDictPtr names, int options, void *context,
                                  xsltLoadType type)
{
    (void)names, (void)options, (void)context, (void)type;
    xsltGenericError(xsltGenericErrorContext, "%s is not loaded: a stylesheet stands alone\n",
                     (const char *)address);
    return NULL;
}

static xmlParserInputPtr load_no_entity(const char *address, const char *id, xmlParserCtxtPtr context)
{
    (void)id, (void)context;
    xsltGenericError(xsltGenericErrorContext, "%s is not loaded: a stylesheet stands alone\n",
                     address ? address : "an entity");
    return NULL;
}

static xmlDocPtr transform(struct page *page, xmlDocPtr document, const char **parameters)
{
    xsltTransformContextPtr context = xsltNewTransformContext(page->stylesheet, document);
    xsltSetCtxtSecurityPrefs(page->preferences, context);
    xsltSetTransformErrorFunc(context, page, keep_message);
    if (parameters)
        xsltQuoteUserParams(context, parameters);
    xmlDocPtr result = xsltApplyStylesheetUser(page->stylesheet, document, NULL, NULL, NULL, context);
    if (context->state != XSLT_STATE_OK) {
        xmlFreeDoc(result);
        result = NULL;
    }
    xsltFreeTransformContext(context);
    return result;
}

/* ---- slots --------------------------------------------------------------------------------------------- */

static struct slot *find_slot(struct page *page, const char *name)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->slots[i].name, name) == 0)
            return &page->slots[i];
    if (page->count == SLOTS || strlen(name) >= sizeof(page->slots[0].name))
        return NULL;
    struct slot *slot = &page->slots[page->count++];
    strcpy(slot->name, name);
    slot->stream = open_memstream(&slot->text, &slot->size);
    if (!slot->stream)
        abort();
    return slot;
}

/* As XML, which libxml2 writes twice as fast as HTML: where no element is empty and each has its end tag,
 * they are the same. The pieces have no element that HTML leaves without one (input, br, ...). */
static void write_children(FILE *stream, xmlNodePtr parent)
{
    xmlSaveCtxtPtr output = xmlSaveToIO(xml_stream_write, NULL, stream, "UTF-8",
                                        XML_SAVE_AS_XML | XML_SAVE_NO_DECL | XML_SAVE_NO_EMPTY);
    if (!output)
        abort();
    for (xmlNodePtr node = parent->children; node; node = node->next)
        xmlSaveTree(output, node);
    xmlSaveClose(output);
}

/* Each <slot name="…"> of a piece's result goes to the slot of that name. */
static bool fill_slots(xmlDocPtr document, void *context)
{
    struct page *page = context;
    xmlDocPtr result = transform(page, document, NULL);
    xmlNodePtr root = result ? xmlDocGetRootElement(result) : NULL;
    for (xmlNodePtr node = root ? root->children : NULL; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        xmlChar *name = xmlGetNoNsProp(node, BAD_CAST "name");
        struct slot *slot = name ? find_slot(page, (const char *)name) : NULL;
        xmlFree(name);
        if (slot)
            write_children(slot->stream, node);
    }
    xmlFreeDoc(result);
    return root != NULL;
}

static void close_slots(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        fclose(page->slots[i].stream);
}

/* ---- the second half of the pieces beside the first --------------------------------------------------- */

struct half {
    struct page *page;
    const struct audit *audit;
};

/* Each slot as its name, a blank, its size, a line's end and its text. */
static bool write_second_half(FILE *output, void *context)
{
    struct half *half = context;
    struct page *page = half->page;
    bool good = page_second_half(half->audit, fill_slots, page);
    close_slots(page);
    for (size_t i = 0; i < page->count; i++) {
        fprintf(output, "%s %zu\n", page->slots[i].name, page->slots[i].size);
        fwrite(page->slots[i].text, 1, page->slots[i].size, output);
    }
    return good;
}

/* False when nothing came, or not all. */
static bool take_second_half(struct page *page, struct beside *beside)
{
    size_t size = 0;
    char *written = beside ? beside_end(beside, &size) : NULL;
    if (!written)
        return false;
    for (char *at = written, *end = written + size; at < end;) {
        char *blank = strchr(at, ' '), *text;
        size_t length = strtoul(blank, &text, 10);
        *blank = '\0';
        fwrite(++text, 1, length, find_slot(page, at)->stream);
        at = text + length;
    }
    free(written);
    return true;
}

static bool fill_all_slots(struct page *page, const struct audit *audit)
{
    struct half second = {page, audit};
    size_t rows = audit->instances.count + audit->endpoints.count + audit->findings.count;
    struct beside *beside = rows < WORTH_A_PROCESS ? NULL : beside_start(write_second_half, &second);
    bool good = page_first_half(audit, fill_slots, page);
    if (!take_second_half(page, beside))
        good = page_second_half(audit, fill_slots, page) && good;
    close_slots(page);
    return good;
}

/* The frame's text, where <?slot-NONCE name> stands for what belongs there. No text of a report can hold
 * that: nobody knew the nonce. */
static void write_frame(FILE *stream, struct page *page, const char *text)
{
    char mark[64];
    int length = snprintf(mark, sizeof(mark), "<?slot-%s ", page->nonce);
    for (const char *next; (next = strstr(text, mark)); text = strchr(next, '>') + 1) {
        fwrite(text, 1, (size_t)(next - text), stream);
        const char *name = next + length;
        for (size_t i = 0; i < page->count; i++)
            if (strncmp(page->slots[i].name, name, strlen(page->slots[i].name)) == 0 &&
                name[strlen(page->slots[i].name)] == '>')
                fwrite(page->slots[i].text, 1, page->slots[i].size, stream);
    }
    fputs(text, stream);
}

static void make_nonce(char nonce[33])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        abort();
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static xmlDocPtr read_built_in(void)
{
    const struct embedded_file *file = embedded_file_find("reports/report.xsl");
    return file ? xmlReadMemory(file->data, (int)(file->end - file->data), "report.xsl", "UTF-8",
                                XML_PARSE_NONET)
                : NULL;
}

static xmlDocPtr read_own(struct page *page, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        page->message = arena_text(page->arena, strerror(errno));
        return NULL;
    }
    xmlDocPtr document = xmlReadFd(fd, path, NULL, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOCDATA);
    close(fd);
    return document;
}

static xsltStylesheetPtr load_stylesheet(struct page *page, const char *path)
{
    xmlDocPtr document = path ? read_own(page, path) : read_built_in();
    xsltStylesheetPtr stylesheet = document ? xsltParseStylesheetDoc(document) : NULL;
    if (document && !stylesheet)
        xmlFreeDoc(document);
    return stylesheet;
}

static bool write_page(FILE *stream, struct page *page, const struct audit *audit)
{
    xmlDocPtr document = page_frame(audit);
    const struct embedded_file *css = embedded_file_find("reports/report.css"),
                               *script = embedded_file_find("reports/report.js");
    const char *parameters[] = {
        "nonce", page->nonce, "css", css ? css->data : "", "script", script ? script->data : "", NULL};
    xmlDocPtr frame = transform(page, document, parameters);
    xmlFreeDoc(document);
    if (!frame)
        return false;
    bool good = fill_all_slots(page, audit);
    xmlChar *text = NULL;
    int length = 0;
    if (good && xsltSaveResultToString(&text, &length, frame, page->stylesheet) == 0 && text)
        write_frame(stream, page, (const char *)text);
    else
        good = false;
    xmlFree(text);
    xmlFreeDoc(frame);
    for (size_t i = 0; i < page->count; i++)
        free(page->slots[i].text);
    return good;
}

/* Somebody's own stylesheet gets the whole report. */
static bool write_with(FILE *stream, struct page *page, const struct audit *audit)
{
    xmlDocPtr document = tree_of_report(audit);
    xmlDocPtr result = transform(page, document, NULL);
    bool good = result && xsltSaveResultToFile(stream, result, page->stylesheet) >= 0;
    xmlFreeDoc(result);
    xmlFreeDoc(document);
    return good;
}

bool html_write(FILE *stream, const struct audit *audit, const struct output_options *options,
                struct arena *arena, const char **error)
{
    struct page page = {.arena = arena, .preferences = forbid_everything()};
    *error = NULL;
    exsltStrRegister();
    make_nonce(page.nonce);
    xsltSetGenericErrorFunc(&page, keep_message);
    xmlSetGenericErrorFunc(&page, keep_message);
    xmlExternalEntityLoader loader = xmlGetExternalEntityLoader();
    xsltSetLoaderFunc(load_no_document);
    xmlSetExternalEntityLoader(load_no_entity);
    page.stylesheet = load_stylesheet(&page, options->stylesheet);
    bool good = page.stylesheet &&
                (options->stylesheet ? write_with(stream, &page, audit) : write_page(stream, &page, audit));
    if (!good)
        *error = arena_format(arena, "%s: the stylesheet failed: %s",
                              options->stylesheet ? options->stylesheet : "HTML",
                              page.message ? page.message : "no reason given");
    xsltFreeStylesheet(page.stylesheet);
    xsltFreeSecurityPrefs(page.preferences);
    xmlSetExternalEntityLoader(loader);
    xsltSetLoaderFunc(NULL);
    xsltSetGenericErrorFunc(NULL, NULL);
    xmlSetGenericErrorFunc(NULL, NULL);
    return good;
}
