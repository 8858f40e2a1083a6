/* Ideas that are no verb's: "byname help TOPIC", and byname(7). */
#ifndef BYNAME_TOOL_TOPICS_H
#define BYNAME_TOOL_TOPICS_H

/* Paragraphs, parted by empty lines; what begins with blanks is shown as it is. */
typedef struct topic {
    const char *name;
    const char *line; /* what it tells, in a few words */
    const char *text;
} topic;

/* Ended by one without a name. */
extern const topic topics[];

/* NULL: there is none. */
const topic *topic_find(const char *name);

#endif
