/* Reads a calendar on standard input with libical; prints what it holds as JSON:
   {"facts": [...], "complaints": [...]}. The facts are those that readers.py describes. The
   complaints are what libical could not parse and what it holds against RFC 5545 and 5546. */

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *read_everything(void)
{
    size_t length = 0, room = 65536, got;
    char *text = malloc(room);
    while (text && (got = fread(text + length, 1, room - length - 1, stdin)) > 0) {
        length += got;
        if (room - length < 4096)
            text = realloc(text, room *= 2);
    }
    if (!text)
        exit(2);
    text[length] = '\0';
    return text;
}

static void print_string(const char *text)
{
    putchar('"');
    for (const unsigned char *byte = (const unsigned char *)(text ? text : ""); *byte; byte++) {
        if (*byte == '"' || *byte == '\\')
            printf("\\%c", *byte);
        else if (*byte < 0x20)
            printf("\\u%04x", *byte);
        else
            putchar(*byte);
    }
    putchar('"');
}

static void print_field(const char *name, const char *text)
{
    printf("\"%s\": ", name);
    print_string(text);
    printf(", ");
}

static const char *text_of(icalcomponent *component, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(component, kind);
    icalvalue *value = property ? icalproperty_get_value(property) : NULL;
    if (!value)
        return "";
    /* Only text is held without its escapes; everything else is shown as it is written. */
    return icalvalue_isa(value) == ICAL_TEXT_VALUE ? icalvalue_get_text(value)
                                                   : icalvalue_as_ical_string(value);
}

static void print_moment(const char *name, icalcomponent *event, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(event, kind);
    char text[32] = "";
    if (property) {
        struct icaltimetype moment =
            icalproperty_get_datetime_with_component(property, icalcomponent_get_parent(event));
        if (icaltime_is_date(moment)) {
            snprintf(text, sizeof text, "%04d-%02d-%02d", moment.year, moment.month, moment.day);
        } else {
            moment = icaltime_convert_to_zone(moment, icaltimezone_get_utc_timezone());
            snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", moment.year,
                     moment.month, moment.day, moment.hour, moment.minute, moment.second);
        }
    }
    print_field(name, text);
}

static void print_person(const char *name, icalcomponent *event, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(event, kind);
    printf("\"%s\": ", name);
    if (property) {
        icalparameter *cn = icalproperty_get_first_parameter(property, ICAL_CN_PARAMETER);
        const char *address = icalproperty_get_value_as_string(property);
        printf("{");
        print_field("email", strncasecmp(address, "mailto:", 7) ? address : address + 7);
        printf("\"name\": ");
        print_string(cn ? icalparameter_get_cn(cn) : "");
        printf("}, ");
    } else {
        printf("null, ");
    }
}

static void print_categories(icalcomponent *event)
{
    const char *comma = "";
    printf("\"categories\": [");
    for (icalproperty *property =
             icalcomponent_get_first_property(event, ICAL_CATEGORIES_PROPERTY);
         property;
         property = icalcomponent_get_next_property(event, ICAL_CATEGORIES_PROPERTY)) {
        printf("%s", comma);
        print_string(icalproperty_get_categories(property));
        comma = ", ";
    }
    printf("], ");
}

static void print_facts(icalcomponent *calendar)
{
    const char *comma = "";
    for (icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
         event;
         event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        printf("%s{", comma);
        print_field("uid", text_of(event, ICAL_UID_PROPERTY));
        printf("\"sequence\": %d, ", icalcomponent_get_sequence(event));
        print_moment("start", event, ICAL_DTSTART_PROPERTY);
        print_moment("end", event, ICAL_DTEND_PROPERTY);
        print_field("summary", text_of(event, ICAL_SUMMARY_PROPERTY));
        print_field("description", text_of(event, ICAL_DESCRIPTION_PROPERTY));
        print_field("location", text_of(event, ICAL_LOCATION_PROPERTY));
        print_field("url", text_of(event, ICAL_URL_PROPERTY));
        print_field("status", text_of(event, ICAL_STATUS_PROPERTY));
        print_field("transparency", text_of(event, ICAL_TRANSP_PROPERTY));
        print_categories(event);
        print_person("organiser", event, ICAL_ORGANIZER_PROPERTY);
        print_person("attendee", event, ICAL_ATTENDEE_PROPERTY);
        printf("\"method\": ");
        print_string(text_of(calendar, ICAL_METHOD_PROPERTY));
        printf("}");
        comma = ", ";
    }
}

static const char *print_complaints(icalcomponent *component, const char *comma)
{
    for (icalproperty *property =
             icalcomponent_get_first_property(component, ICAL_XLICERROR_PROPERTY);
         property;
         property = icalcomponent_get_next_property(component, ICAL_XLICERROR_PROPERTY)) {
        printf("%s", comma);
        print_string(icalproperty_as_ical_string(property));
        comma = ", ";
    }
    for (icalcomponent *inner = icalcomponent_get_first_component(component, ICAL_ANY_COMPONENT);
         inner; inner = icalcomponent_get_next_component(component, ICAL_ANY_COMPONENT))
        comma = print_complaints(inner, comma);
    return comma;
}

int main(void)
{
    char *text = read_everything();
    icalcomponent *calendar = icalparser_parse_string(text);
    const char *comma = "";

    if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT) {
        printf("{\"facts\": [], \"complaints\": [\"not a calendar\"]}\n");
        return 0;
    }
    printf("{\"facts\": [");
    print_facts(calendar);
    printf("], \"complaints\": [");
    /* Adds a complaint to each component that breaks a rule, and says whether any does. */
    if (!icalrestriction_check(calendar)) {
        printf("\"restrictions are broken\"");
        comma = ", ";
    }
    print_complaints(calendar, comma);
    printf("]}\n");

    icalcomponent_free(calendar);
    free(text);
    return 0;
}
