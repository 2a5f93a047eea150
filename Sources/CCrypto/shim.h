// libcrypto: HMAC-SHA256, SHA-256, constant-time comparison. No shim is needed.
#pragma once
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
