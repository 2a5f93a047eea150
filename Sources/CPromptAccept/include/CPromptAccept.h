// Nothing to call: linking this target is what counts. See accept.c.
#pragma once
