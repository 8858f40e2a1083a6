/* What runs in the workers of byname map: the tool once more, without arguments. */
#ifndef BYNAME_TOOL_MAP_COMMAND_H
#define BYNAME_TOOL_MAP_COMMAND_H

#include <byname/byname.h>

/* MAP_TASK and MAP_TASK_BEGIN. */
extern const byn_task map_tasks[];

#endif
