/*
 * WebSocket load client: many subscribers, a few senders, one process, one thread.
 *
 * It speaks to any server by a script: after the upgrade every connection says and waits as told (`say`, `wait`), then
 * the senders send a text made from the template `send`. A marker inside each text carries its send time. Observers
 * (some of the subscribers, spread over the order of connection) parse all that they get and give latency; the other
 * subscribers only count bytes, which the kernel throws away without a copy (MSG_TRUNC), so that one core of client
 * can drain what one core of server writes. Deliveries are bytes received by subscribers / bytes per message as the
 * observers saw them. At the end every subscriber must have got the same number of bytes.
 *
 * Arguments are name=value; see `read_arguments`. Output: lines `ready`, `begin`, `end`, then one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_STEPS = 16, MAX_HEADERS = 8, HANDSHAKES = 64, MARKER = 20, MAX_FILL = 40, SCRATCH = 1 << 20, MAX_SAMPLES = 1 << 22 };
enum phase { CONNECTING, UPGRADING, SCRIPT, READY };

struct step { bool wait; const char *text; };

struct connection {
  int fd, index, step;
  enum phase phase;
  bool sender, observer, last_observer;
  uint64_t bytes;            /* received since every connection was ready */
  char *in;                  /* unparsed input: during the script, and on observers and senders */
  size_t in_length, in_size;
  char *out;                 /* output that the kernel did not take yet */
  size_t out_length, out_size;
};

static struct {
  int port, subscribers, senders, observers, in_flight, warmup_ms, duration_ms, drain_ms, read_every_us;
  double rate;
  const char *path, *sender_path, *send, *keys_file;
  struct step steps[MAX_STEPS];
  int step_count;
  const char *headers[MAX_HEADERS];
  int header_count;
} options = {.port = 0, .subscribers = 100, .senders = 8, .observers = 4, .in_flight = 16, .warmup_ms = 500,
             .duration_ms = 2000, .drain_ms = 3000, .path = "/", .send = "{\"type\":\"send\",\"text\":\"%m\"}"};

static struct connection *connections;
static int connection_count, ready_count, opened, epoll_fd, idle_epoll_fd, next_sender;
static char **keys, *scratch;
static int key_count;
static uint64_t sent, completed, observed_messages, observed_bytes, received_bytes, sequence;
static double *samples;
static size_t sample_count;
static bool counting, sampling, sending;

static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "load client: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  exit(1);
}

static uint64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void *grow(void *block, size_t size) {
  block = realloc(block, size);
  if (block == NULL) die("out of memory");
  return block;
}

/* Only for connections that are still in their script, observe or send: the others have nothing to write. */
static void write_some(struct connection *c) {
  size_t done = 0;
  while (done < c->out_length) {
    ssize_t n = send(c->fd, c->out + done, c->out_length - done, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (n < 0) die("connection %d: %s", c->index, strerror(errno));
    done += n;
  }
  memmove(c->out, c->out + done, c->out_length - done);
  c->out_length -= done;
  struct epoll_event event = {.events = EPOLLIN | (c->out_length > 0 ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
}

static void queue(struct connection *c, const void *data, size_t length) {
  if (c->out_length + length > c->out_size) c->out = grow(c->out, c->out_size = 2 * (c->out_length + length));
  memcpy(c->out + c->out_length, data, length);
  c->out_length += length;
}

/* A masked frame with the mask zero, which leaves the payload as it is. */
static void queue_frame(struct connection *c, int opcode, const char *payload, size_t length) {
  unsigned char header[8] = {0x80 | opcode};
  size_t size = 2;
  if (length < 126) {
    header[1] = 0x80 | length;
  } else {
    header[1] = 0x80 | 126;
    header[2] = length >> 8;
    header[3] = length & 255;
    size = 4;
  }
  memset(header + size, 0, 4);
  queue(c, header, size + 4);
  queue(c, payload, length);
}

static size_t put_uuid(char *target) {
  static unsigned long long count;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  unsigned long long ms = time.tv_sec * 1000ull + time.tv_nsec / 1000000;
  count++;
  return sprintf(target, "%08llx-%04llx-7%03llx-8%03x-%012llx", ms >> 16, ms & 0xffff, count & 0xfff, getpid() & 0xfff, count);
}

/* Fills a template: %m marker, %i index of the connection, %n number of the message, %u a new UUIDv7, %k the connection's key. */
static size_t fill(const char *template, struct connection *c, uint64_t time_us, char *target, size_t size) {
  size_t length = 0;
  for (const char *p = template; *p != 0; p++) {
    if (length + MAX_FILL + 1 > size) die("text too long");
    if (p[0] != '%' || p[1] == 0) { target[length++] = *p; continue; }
    p++;
    if (*p == 'm') length += sprintf(target + length, "~t%016llx~", (unsigned long long)time_us);
    else if (*p == 'i') length += sprintf(target + length, "%d", c->index);
    else if (*p == 'n') length += sprintf(target + length, "%llu", (unsigned long long)sequence);
    else if (*p == 'u') length += put_uuid(target + length);
    else if (*p == 'k' && key_count > 0) length += snprintf(target + length, size - length, "%s", keys[c->index % key_count]);
    else { target[length++] = '%'; target[length++] = *p; }
    if (length >= size) die("text too long");
  }
  return length;
}

static void send_message(uint64_t time_us) {
  struct connection *c = &connections[options.subscribers + next_sender++ % options.senders];
  char text[16384];
  sequence++;
  queue_frame(c, 1, text, fill(options.send, c, time_us, text, sizeof text));
  write_some(c);
  sent++;
}

static void open_next(void) {
  struct connection *c = &connections[opened];
  c->index = opened++;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket: %s", strerror(errno));
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options.port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
    die("connect: %s", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

static void upgrade(struct connection *c) {
  char text[8192], header[2048];
  const char *path = c->sender && options.sender_path != NULL ? options.sender_path : options.path;
  size_t path_length = fill(path, c, 0, header, sizeof header);
  size_t length = sprintf(text,
                          "GET %.*s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                          (int)path_length, header, options.port);
  for (int i = 0; i < options.header_count; i++) {
    size_t size = fill(options.headers[i], c, 0, header, sizeof header);
    length += snprintf(text + length, sizeof text - length - 4, "%.*s\r\n", (int)size, header);
  }
  length += sprintf(text + length, "\r\n");
  queue(c, text, length);
  c->phase = UPGRADING;
  write_some(c);
}

/* Says what is to be said, up to the next wait or the end of the script. */
static void follow_script(struct connection *c) {
  while (c->step < options.step_count && !options.steps[c->step].wait) {
    char text[16384];
    queue_frame(c, 1, text, fill(options.steps[c->step].text, c, 0, text, sizeof text));
    c->step++;
  }
  if (c->out_length > 0) write_some(c);
  if (c->step < options.step_count || c->phase == READY) return;
  c->phase = READY;
  ready_count++;
  if (!c->observer && !c->sender) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    epoll_ctl(idle_epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
  }
  if (opened < connection_count) open_next();
}

static void observe(struct connection *c, const char *payload, size_t length, size_t frame_bytes) {
  uint64_t time_us = now_us();
  const char *end = payload + length;
  bool found = false;
  while ((payload = memmem(payload, end - payload, "~t", 2)) != NULL && end - payload >= MARKER - 1) {
    uint64_t sent_us = strtoull(payload + 2, NULL, 16);
    payload += MARKER - 1;
    found = true;
    observed_messages += counting;
    if (sampling && sample_count < MAX_SAMPLES) samples[sample_count++] = (time_us - sent_us) / 1000.0;
    if (!c->last_observer) continue;
    completed++;
    if (sending && options.rate == 0) send_message(time_us);
  }
  if (counting && found) observed_bytes += frame_bytes;
}

/* Parses the frames in the input; returns how many bytes are used up. */
static size_t parse(struct connection *c) {
  size_t used = 0;
  while (c->in_length - used >= 2) {
    unsigned char *p = (unsigned char *)c->in + used;
    size_t have = c->in_length - used, header = 2, length = p[1] & 127;
    if (length == 126) {
      if (have < 4) break;
      header = 4;
      length = p[2] << 8 | p[3];
    } else if (length == 127) {
      if (have < 10) break;
      header = 10;
      length = (size_t)p[6] << 24 | p[7] << 16 | p[8] << 8 | p[9];
    }
    if (have < header + length) break;
    char *payload = (char *)p + header;
    int opcode = p[0] & 15;
    used += header + length;
    if (opcode == 9) queue_frame(c, 10, payload, length > 125 ? 125 : length), write_some(c);
    if (opcode == 8) die("connection %d was closed by the server: %.*s", c->index, length > 2 ? (int)length - 2 : 0, payload + 2);
    if (c->phase == SCRIPT && c->step < options.step_count) {
      const char *wanted = options.steps[c->step].text;
      if (memmem(payload, length, wanted, strlen(wanted)) != NULL) c->step++, follow_script(c);
    } else if (c->observer && c->phase == READY) {
      observe(c, payload, length, header + length);
    }
  }
  return used;
}

static void read_upgrade(struct connection *c) {
  char *end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
  if (end == NULL) return;
  if (memmem(c->in, end - c->in, " 101 ", 5) == NULL) die("upgrade refused: %.*s", (int)(end - c->in), c->in);
  size_t used = end + 4 - c->in;
  memmove(c->in, c->in + used, c->in_length -= used);
  c->phase = SCRIPT;
  follow_script(c);
}

static void read_some(struct connection *c) {
  if (c->phase == READY && !c->observer && !c->sender) {
    ssize_t n = recv(c->fd, scratch, SCRATCH, MSG_TRUNC);
    if (n == 0) die("connection %d ended", c->index);
    if (n < 0) { if (errno != EAGAIN) die("connection %d: %s", c->index, strerror(errno)); return; }
    if (counting) c->bytes += n, received_bytes += n;
    return;
  }
  if (c->in_size - c->in_length < 65536) c->in = grow(c->in, c->in_size = c->in_length + 262144);
  ssize_t n = recv(c->fd, c->in + c->in_length, c->in_size - c->in_length, 0);
  if (n == 0) die("connection %d ended", c->index);
  if (n < 0) { if (errno != EAGAIN) die("connection %d: %s", c->index, strerror(errno)); return; }
  c->in_length += n;
  if (counting && !c->sender) c->bytes += n, received_bytes += n;
  if (c->phase == UPGRADING) read_upgrade(c);
  if (c->phase < SCRIPT) return;
  size_t used = parse(c);
  memmove(c->in, c->in + used, c->in_length -= used);
  if (c->phase == READY && !c->observer && !c->sender) free(c->in), c->in = NULL, c->in_size = c->in_length = 0;
}

static void handle(struct epoll_event *event) {
  struct connection *c = event->data.ptr;
  if (event->events & EPOLLOUT) {
    if (c->phase == CONNECTING) upgrade(c);
    else write_some(c);
  }
  if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_some(c);
}

static void handle_ready(int fd, const struct timespec *wait) {
  struct epoll_event events[512];
  int n;
  do {
    n = epoll_pwait2(fd, events, 512, wait, NULL);
    for (int i = 0; i < n; i++) handle(&events[i]);
  } while (n == 512);
}

/* Runs the loop until the time, or until `done` says so. In an open loop it sends at the fixed rate. */
static void run_until(uint64_t end_us, bool (*done)(void)) {
  static uint64_t next_send_us, next_read_us;
  static const struct timespec no_wait;
  if (next_send_us == 0 || !sending) next_send_us = now_us();
  for (;;) {
    uint64_t time_us = now_us();
    if (time_us >= end_us || (done != NULL && done())) return;
    if (time_us >= next_read_us) {
      handle_ready(idle_epoll_fd, &no_wait);
      next_read_us = now_us() + options.read_every_us;
    }
    uint64_t wake_us = next_read_us < end_us ? next_read_us : end_us;
    if (sending && options.rate > 0) {
      for (; next_send_us <= time_us; next_send_us += 1e6 / options.rate) send_message(next_send_us);
      if (next_send_us < wake_us) wake_us = next_send_us;
    }
    uint64_t wait_us = wake_us - time_us < 50000 ? wake_us - time_us : 50000;
    handle_ready(epoll_fd, &(struct timespec){.tv_nsec = wait_us * 1000});
  }
}

static bool all_ready(void) { return ready_count == connection_count; }

static bool is_whole(void) {
  for (int i = 1; i < options.subscribers; i++)
    if (connections[i].bytes != connections[0].bytes) return false;
  return completed == sent;
}

static int by_value(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

static double percentile(double share) {
  return sample_count == 0 ? 0 : samples[(size_t)(share * (sample_count - 1))];
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void read_keys(void) {
  if (options.keys_file == NULL) return;
  FILE *file = fopen(options.keys_file, "r");
  if (file == NULL) die("%s: %s", options.keys_file, strerror(errno));
  char line[8192];
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\r\n")] = 0;
    keys = grow(keys, (key_count + 1) * sizeof *keys);
    keys[key_count++] = strdup(line);
  }
  fclose(file);
}

static void read_arguments(int count, char **arguments) {
  for (int i = 1; i < count; i++) {
    char *value = strchr(arguments[i], '=');
    if (value == NULL) die("%s is not name=value", arguments[i]);
    *value++ = 0;
    const char *name = arguments[i];
    if (strcmp(name, "port") == 0) options.port = atoi(value);
    else if (strcmp(name, "path") == 0) options.path = value;
    else if (strcmp(name, "sender-path") == 0) options.sender_path = value;
    else if (strcmp(name, "header") == 0 && options.header_count < MAX_HEADERS) options.headers[options.header_count++] = value;
    else if (strcmp(name, "keys") == 0) options.keys_file = value;
    else if (strcmp(name, "subscribers") == 0) options.subscribers = atoi(value);
    else if (strcmp(name, "senders") == 0) options.senders = atoi(value);
    else if (strcmp(name, "observers") == 0) options.observers = atoi(value);
    else if (strcmp(name, "in-flight") == 0) options.in_flight = atoi(value);
    else if (strcmp(name, "rate") == 0) options.rate = atof(value);
    else if (strcmp(name, "warmup-ms") == 0) options.warmup_ms = atoi(value);
    else if (strcmp(name, "duration-ms") == 0) options.duration_ms = atoi(value);
    else if (strcmp(name, "drain-ms") == 0) options.drain_ms = atoi(value);
    else if (strcmp(name, "read-every-us") == 0) options.read_every_us = atoi(value);
    else if (strcmp(name, "send") == 0) options.send = value;
    else if ((strcmp(name, "say") == 0 || strcmp(name, "wait") == 0) && options.step_count < MAX_STEPS)
      options.steps[options.step_count++] = (struct step){.wait = name[0] == 'w', .text = value};
    else die("unknown argument %s", name);
  }
  if (options.port == 0 || options.senders < 1 || options.subscribers < 1) die("port, senders and subscribers are needed");
  if (options.read_every_us == 0) options.read_every_us = 20 * options.subscribers; /* 12 kB per socket at 3 M/s */
  if (options.observers < 1 || options.observers > options.subscribers) options.observers = 1;
}

static void connect_all(void) {
  connection_count = options.subscribers + options.senders;
  connections = calloc(connection_count, sizeof *connections);
  for (int i = 0; i < options.observers; i++) {
    int index = options.observers == 1 ? options.subscribers - 1 : (options.subscribers - 1) * i / (options.observers - 1);
    connections[index].observer = true;
    connections[index].last_observer = i == options.observers - 1;
  }
  for (int i = 0; i < options.senders; i++) connections[options.subscribers + i].sender = true;
  for (int i = 0; i < HANDSHAKES && i < connection_count; i++) open_next();
  run_until(now_us() + 60000000, all_ready);
  if (!all_ready()) die("%d of %d connections became ready in 60 s", ready_count, connection_count);
}

int main(int count, char **arguments) {
  read_arguments(count, arguments);
  read_keys();
  setvbuf(stdout, NULL, _IOLBF, 0);
  epoll_fd = epoll_create1(0);
  idle_epoll_fd = epoll_create1(0);
  scratch = grow(NULL, SCRATCH);
  samples = grow(NULL, MAX_SAMPLES * sizeof *samples);
  uint64_t start_us = now_us();
  connect_all();
  double connect_ms = (now_us() - start_us) / 1000.0;
  run_until(now_us() + 200000, NULL); /* what still comes of the greeting */
  puts("ready");

  counting = sending = true;
  if (options.rate == 0)
    for (int i = 0; i < options.in_flight; i++) send_message(now_us());
  run_until(now_us() + options.warmup_ms * 1000ull, NULL);

  puts("begin");
  uint64_t begin_us = now_us(), bytes_before = received_bytes, sent_before = sent;
  double cpu_before = cpu_seconds();
  sampling = true;
  run_until(begin_us + options.duration_ms * 1000ull, NULL);
  sampling = false;
  double seconds = (now_us() - begin_us) / 1e6, cpu_share = (cpu_seconds() - cpu_before) / seconds;
  uint64_t window_bytes = received_bytes - bytes_before, window_sent = sent - sent_before, unfinished = sent - completed;
  puts("end");

  sending = false;
  run_until(now_us() + options.drain_ms * 1000ull, is_whole);
  uint64_t least = connections[0].bytes, most = connections[0].bytes;
  for (int i = 0; i < options.subscribers; i++) {
    if (connections[i].bytes < least) least = connections[i].bytes;
    if (connections[i].bytes > most) most = connections[i].bytes;
  }
  double message_bytes = observed_messages == 0 ? 0 : (double)observed_bytes / observed_messages;
  qsort(samples, sample_count, sizeof *samples, by_value);
  printf("{\"connectMs\":%.0f,\"seconds\":%.3f,\"sent\":%llu,\"unfinished\":%llu,\"messageBytes\":%.1f,"
         "\"deliveriesPerSecond\":%.0f,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"cpuShare\":%.3f,\"whole\":%s,"
         "\"leastBytes\":%llu,\"mostBytes\":%llu}\n",
         connect_ms, seconds, (unsigned long long)window_sent, (unsigned long long)unfinished, message_bytes,
         message_bytes == 0 ? 0 : window_bytes / message_bytes / seconds, percentile(0.5), percentile(0.99), cpu_share,
         is_whole() ? "true" : "false", (unsigned long long)least, (unsigned long long)most);
  return 0;
}
