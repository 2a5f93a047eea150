// Shims only where C variadics force one: setopt and getinfo, one per argument type, and prctl.
#pragma once
#include <curl/curl.h>
#include <sys/prctl.h>

static inline CURLcode zkb_setopt_string(CURL *handle, CURLoption option, const char *value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode zkb_setopt_long(CURL *handle, CURLoption option, long value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode zkb_setopt_pointer(CURL *handle, CURLoption option, const void *value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode zkb_setopt_list(CURL *handle, CURLoption option, struct curl_slist *value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode zkb_setopt_write(CURL *handle, size_t (*value)(char *, size_t, size_t, void *)) { return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, value); }
static inline CURLcode zkb_setopt_header(CURL *handle, size_t (*value)(char *, size_t, size_t, void *)) { return curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, value); }
static inline CURLcode zkb_getinfo_long(CURL *handle, CURLINFO info, long *value) { return curl_easy_getinfo(handle, info, value); }
static inline CURLcode zkb_getinfo_offset(CURL *handle, CURLINFO info, curl_off_t *value) { return curl_easy_getinfo(handle, info, value); }
static inline CURLMcode zkb_multi_setopt_long(CURLM *handle, CURLMoption option, long value) { return curl_multi_setopt(handle, option, value); }

/// Names the calling thread; the kernel keeps the first 15 bytes.
static inline void zkb_name_calling_thread(const char *name) { prctl(PR_SET_NAME, name); }
