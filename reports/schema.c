#include "reports/schema.h"
#include "reports/element.h"

#include <stdlib.h>
#include <string.h>

/* Attributes that say which endpoint is meant, by its id in the same report. */
static const char *const endpoint_references[][2] = {
    {"r:instances/r:instance", "endpoint"},
    {"r:instances/r:instance/r:linked-server", "endpoint"},
    {"r:instances/r:instance/r:linked-server", "failover-endpoint"},
    {"r:findings/r:finding", "endpoint"},
};

static void write_escaped(FILE *stream, const char *text)
{
    for (; *text; text++)
        if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '>')
            fputs("&gt;", stream);
        else if (*text == '&')
            fputs("&amp;", stream);
        else
            fputc(*text, stream);
}

static void write_documentation(FILE *stream, const char *indent, const char *text)
{
    fprintf(stream, "%s<xs:annotation><xs:documentation>", indent);
    write_escaped(stream, text);
    fputs("</xs:documentation></xs:annotation>\n", stream);
}

static void write_enumeration(FILE *stream, const struct name_table *table)
{
    fputs("        <xs:simpleType><xs:restriction base=\"xs:string\">\n", stream);
    for (size_t i = 1; i < table->count; i++)
        fprintf(stream, "          <xs:enumeration value=\"%s\"/>\n", table->names[i]);
    fputs("        </xs:restriction></xs:simpleType>\n", stream);
}

static const char *type_of(const struct element *element, const struct member *member)
{
    static const char *const types[] = {[MEMBER_TEXT] = "xs:string",
                                        [MEMBER_NUMBER] = "number",
                                        [MEMBER_MOMENT] = "moment",
                                        [MEMBER_TERNARY] = "truth",
                                        [MEMBER_CONTENT] = "xs:string"};
    if (element == &audit_element && member->kind == MEMBER_TEXT && strcmp(member->name, "version") == 0)
        return "version";
    return types[member->kind];
}

static void write_attribute(FILE *stream, const struct element *element, const struct member *member)
{
    fprintf(stream, "      <xs:attribute name=\"%s\"", member->name);
    if (member->kind != MEMBER_NAME)
        fprintf(stream, " type=\"%s\"", type_of(element, member));
    fprintf(stream, "%s>\n", member->required ? " use=\"required\"" : "");
    write_documentation(stream, "        ", member->documentation);
    if (member->kind == MEMBER_NAME)
        write_enumeration(stream, member->names);
    fputs("      </xs:attribute>\n", stream);
}

static void write_child(FILE *stream, const struct member *member)
{
    if (member->kind == MEMBER_TEXT_ELEMENT) {
        fprintf(stream, "        <xs:element name=\"%s\" type=\"xs:string\" minOccurs=\"0\">\n",
                member->name);
        write_documentation(stream, "          ", member->documentation);
        fputs("        </xs:element>\n", stream);
    } else if (member->wrapper) {
        fprintf(stream, "        <xs:element name=\"%s\" minOccurs=\"0\">\n", member->wrapper);
        write_documentation(stream, "          ", member->documentation);
        fprintf(stream,
                "          <xs:complexType><xs:sequence>\n"
                "            <xs:element name=\"%s\" type=\"%s\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\n"
                "          </xs:sequence></xs:complexType>\n"
                "        </xs:element>\n",
                member->element->name, member->element->name);
    } else {
        fprintf(stream, "        <xs:element name=\"%s\" type=\"%s\" minOccurs=\"0\"%s/>\n",
                member->element->name, member->element->name,
                member->kind == MEMBER_MANY ? " maxOccurs=\"unbounded\"" : "");
    }
}

static size_t count_members(const struct element *element, bool wanted(const struct member *))
{
    size_t count = 0;
    for (size_t i = 0; i < element->count; i++)
        count += wanted(&element->members[i]);
    return count;
}

static bool is_content(const struct member *member)
{
    return member->kind == MEMBER_CONTENT;
}

static bool is_child(const struct member *member)
{
    return !member_is_attribute(member) && !is_content(member);
}

static void write_attributes(FILE *stream, const struct element *element)
{
    for (size_t i = 0; i < element->count; i++)
        if (member_is_attribute(&element->members[i]))
            write_attribute(stream, element, &element->members[i]);
}

static void write_type(FILE *stream, const struct element *element)
{
    fprintf(stream, "  <xs:complexType name=\"%s\">\n", element->name);
    write_documentation(stream, "    ", element->documentation);
    if (count_members(element, is_content)) {
        fputs("    <xs:simpleContent><xs:extension base=\"xs:string\">\n", stream);
        write_attributes(stream, element);
        fputs("    </xs:extension></xs:simpleContent>\n", stream);
    } else {
        if (count_members(element, is_child)) {
            fputs("      <xs:sequence>\n", stream);
            for (size_t i = 0; i < element->count; i++)
                if (is_child(&element->members[i]))
                    write_child(stream, &element->members[i]);
            fputs("      </xs:sequence>\n", stream);
        }
        write_attributes(stream, element);
    }
    fputs("  </xs:complexType>\n\n", stream);
}

/* ---- all elements of the report, each once ------------------------------------------------------------- */

enum { TYPES = 128 };

struct types {
    const struct element *list[TYPES];
    size_t count;
};

static void collect(struct types *types, const struct element *element)
{
    for (size_t i = 0; i < types->count; i++) {
        if (types->list[i] == element)
            return;
        if (strcmp(types->list[i]->name, element->name) == 0)
            abort(); /* one name, one meaning: a mistake in the vocabulary */
    }
    if (types->count == TYPES)
        abort();
    types->list[types->count++] = element;
    for (size_t i = 0; i < element->count; i++)
        if (element->members[i].element)
            collect(types, element->members[i].element);
}

static void write_simple_types(FILE *stream)
{
    fputs("  <xs:simpleType name=\"version\">\n"
          "    <xs:restriction base=\"xs:string\"><xs:enumeration value=\"" REPORT_VERSION
          "\"/></xs:restriction>\n"
          "  </xs:simpleType>\n\n"
          "  <xs:simpleType name=\"truth\">\n"
          "    <xs:annotation><xs:documentation>Absent when it is not known.</xs:documentation>"
          "</xs:annotation>\n"
          "    <xs:restriction base=\"xs:string\">\n"
          "      <xs:enumeration value=\"true\"/>\n"
          "      <xs:enumeration value=\"false\"/>\n"
          "    </xs:restriction>\n"
          "  </xs:simpleType>\n\n"
          "  <xs:simpleType name=\"number\">\n"
          "    <xs:restriction base=\"xs:long\"><xs:pattern value=\"-?[0-9]{1,19}\"/></xs:restriction>\n"
          "  </xs:simpleType>\n\n"
          "  <xs:simpleType name=\"moment\">\n"
          "    <xs:annotation><xs:documentation>In UTC, to the second.</xs:documentation></xs:annotation>\n"
          "    <xs:restriction base=\"xs:dateTime\">\n"
          "      <xs:pattern value=\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\"/>\n"
          "    </xs:restriction>\n"
          "  </xs:simpleType>\n\n",
          stream);
}

static void write_root(FILE *stream)
{
    fprintf(stream,
            "  <xs:element name=\"%s\" type=\"%s\">\n"
            "    <xs:key name=\"endpoint-id\">\n"
            "      <xs:selector xpath=\"r:endpoints/r:endpoint\"/><xs:field xpath=\"@id\"/>\n"
            "    </xs:key>\n",
            audit_element.name, audit_element.name);
    for (size_t i = 0; i < sizeof(endpoint_references) / sizeof(endpoint_references[0]); i++)
        fprintf(stream,
                "    <xs:keyref name=\"endpoint-reference-%zu\" refer=\"r:endpoint-id\">\n"
                "      <xs:selector xpath=\"%s\"/><xs:field xpath=\"@%s\"/>\n"
                "    </xs:keyref>\n",
                i + 1, endpoint_references[i][0], endpoint_references[i][1]);
    fputs("  </xs:element>\n\n", stream);
}

void schema_write(FILE *stream)
{
    struct types types = {.count = 0};
    collect(&types, &audit_element);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<!-- Made from the table in reports/vocabulary.c: change that, not this. -->\n"
          "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"" REPORT_NAMESPACE
          "\" xmlns:r=\"" REPORT_NAMESPACE "\"\n"
          "           targetNamespace=\"" REPORT_NAMESPACE "\" elementFormDefault=\"qualified\">\n",
          stream);
    write_documentation(stream, "  ",
                        "The report of linkaudit: the linked servers of SQL Server instances, where they "
                        "lead, whether that works, and why not. Version " REPORT_VERSION ".");
    fputs("\n", stream);
    write_root(stream);
    write_simple_types(stream);
    for (size_t i = 0; i < types.count; i++)
        write_type(stream, types.list[i]);
    fputs("</xs:schema>\n", stream);
}
