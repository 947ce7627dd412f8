"""Every number that the protocol fixes: unit last, reason above, relations asserted below.

A limit here is a rule of the wire: two nodes that disagree about one would split. Local throttles
(how often a peer may ask, how many connections there may be) are settings of the node instead.
"""

from typing import Final

PROTOCOL_VERSION: Final = 1
RECORD_VERSION: Final = 1

# Text form of hashes, keys and salts.
HASH_BYTES: Final = 32
SALT_BYTES: Final = 16
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
KEY_EVENT_REF_BYTES: Final = 16

# A page of text with its translations and fair answers fits; a picture does not and is a blob.
BODY_BYTES_MAX: Final = 48 * 1024
# Deep enough for every typed body (fields > list > item > map), shallow enough for any stack.
DEPTH_MAX: Final = 12
KIND_BYTES_MAX: Final = 48
ROLE_BYTES_MAX: Final = 32
REFS_MAX: Final = 64
# 2**53 - 1: the largest integer that every JSON reader keeps exactly.
INTEGER_MAX: Final = 2**53 - 1
DECIMAL_EXPONENT_MIN: Final = -9
DECIMAL_EXPONENT_MAX: Final = 9

# A record further ahead than this is held and asked for again, never refused for good.
SKEW_MS_MAX: Final = 10 * 60 * 1000
DAY_MS: Final = 24 * 60 * 60 * 1000
# A forgettable record lives at most two years beyond its own day; longer is lasting or renewed.
EXPIRES_DAYS_MAX: Final = 731

# One chunk is one transaction and one signature check.
CHUNK_RECORDS_MAX: Final = 1024
CHUNK_BYTES_MAX: Final = 1024 * 1024
# Room for what a chunk adds to its bodies (columns, ids, signatures) before compression.
CHUNK_OVERHEAD_BYTES_MAX: Final = 256 * 1024
# Between two kept signatures of a log: any chunk can end within this distance of its start.
SIGNATURE_GAP_RECORDS_MAX: Final = 128
SIGNATURE_GAP_BYTES_MAX: Final = 512 * 1024

LOG_INSTANCE_MAX: Final = 255
# With this many carried tips a log is overgrown: shown, and its leaf tells them no more.
TIPS_MAX: Final = 16
# Cuts and resume requests name at most this many heads of one log.
CUT_HEADS_MAX: Final = 16
CUT_LOGS_MAX: Final = 256
HAVE_IDS_MAX: Final = 32

DEVICES_MAX: Final = 16
WITNESSES_MAX: Final = 15
RECOVERY_KEYS_MAX: Final = 32
KEY_EVENT_BYTES_MAX: Final = 16 * 1024
# A key log longer than this is refused: nobody rotates that often in a lifetime.
KEY_EVENTS_MAX: Final = 1024

STEWARDS_MAX: Final = 32
MEMBERS_MAX: Final = 4096
NAME_BYTES_MAX: Final = 200
LANGUAGES_MAX: Final = 24
TITLE_BYTES_MAX: Final = 300
TEXT_BYTES_MAX: Final = 10_000
CODE_BYTES_MAX: Final = 64
IMAGES_MAX: Final = 12
PRICES_MAX: Final = 16
LIST_MAX: Final = 64

RECIPIENTS_MAX: Final = 32
SEALED_PAD_BYTES: Final = 256

BLOB_PIECE_BYTES: Final = 64 * 1024
BLOB_BYTES_MAX: Final = 16 * 1024 * 1024

# A block of an export file holds one chunk and a few bytes around it; a longer one is not read.
EXPORT_BLOCK_BYTES_MAX: Final = 1281 * 1024

# A websocket frame, the Noise tag included, is at most one Noise message.
FRAME_BYTES_MAX: Final = 65_535
FRAME_PLAIN_BYTES_MAX: Final = FRAME_BYTES_MAX - 16
# What one data frame carries of a chunk, leaving room for the message around it.
PIECE_BYTES_MAX: Final = 60_000
REQUESTS_IN_FLIGHT_MAX: Final = 16
CREDIT_BYTES: Final = 8 * 1024 * 1024
CIRCLES_SHARED_MAX: Final = 64
TRIE_FANOUT: Final = 16
TRIE_DEPTH_MAX: Final = 64
TRIE_PREFIXES_MAX: Final = 64
ASKED_LOGS_MAX: Final = 256
ASKED_KEY_LOGS_MAX: Final = 64
ASKED_BODIES_MAX: Final = 64

INVITE_USES_MAX: Final = 1000
INVITE_ADDRESSES_MAX: Final = 8
# Addresses of a co-op's node that its contact record names.
NODES_MAX: Final = 4
ADDRESS_BYTES_MAX: Final = 255

assert BODY_BYTES_MAX < SIGNATURE_GAP_BYTES_MAX < CHUNK_BYTES_MAX
assert BODY_BYTES_MAX < FRAME_PLAIN_BYTES_MAX
assert PIECE_BYTES_MAX < FRAME_PLAIN_BYTES_MAX
assert SIGNATURE_GAP_RECORDS_MAX <= CHUNK_RECORDS_MAX
assert CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX < EXPORT_BLOCK_BYTES_MAX
assert CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX < CREDIT_BYTES
assert KEY_EVENT_BYTES_MAX < PIECE_BYTES_MAX
assert HAVE_IDS_MAX >= TIPS_MAX
