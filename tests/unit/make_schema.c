/* Writes reports/report.xsd anew: make build/unit/make_schema && build/unit/make_schema > reports/report.xsd
 */
#include "reports/schema.h"

int main(void)
{
    schema_write(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
