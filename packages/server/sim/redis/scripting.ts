import { type LuaState, lauxlib, lua, lualib, to_luastring } from 'fengari';
import { RedisError, type Reply } from './reply.ts';

/**
 * Runs the product's own Lua scripts: what they do is written once, and what is simulated is what is sent to Redis. Each
 * script is compiled once; Lua is 5.3 here and 5.1 in Redis, which the scripts must not tell apart.
 */
export class Scripting {
  readonly #state: LuaState;
  /** The compiled scripts stand on the stack of the machine, each at its place. */
  readonly #places = new Map<string, number>();
  #call: (args: readonly string[]) => Reply = () => null;

  constructor() {
    this.#state = lauxlib.luaL_newstate();
    lualib.luaL_openlibs(this.#state);
    lua.lua_newtable(this.#state);
    this.#offer('call', true);
    this.#offer('pcall', false);
    lua.lua_setglobal(this.#state, to_luastring('redis'));
  }

  /** Runs a script; `call` is what `redis.call` does. */
  run(text: string, keys: readonly string[], args: readonly string[], call: (args: readonly string[]) => Reply): Reply {
    const state = this.#state;
    this.#call = call;
    this.#setList('KEYS', keys);
    this.#setList('ARGV', args);
    lua.lua_pushvalue(state, this.#placeOf(text));
    if (lua.lua_pcall(state, 0, 1, 0) !== lua.LUA_OK) {
      const error = toReply(state);
      lua.lua_pop(state, 1);
      return error instanceof RedisError ? error : new RedisError(`ERR ${String(error)}`);
    }
    const reply = toReply(state);
    lua.lua_pop(state, 1);
    return reply;
  }

  #placeOf(text: string): number {
    let place = this.#places.get(text);
    if (place === undefined) {
      if (lauxlib.luaL_loadstring(this.#state, to_luastring(text)) !== lua.LUA_OK)
        throw new Error(`the script is no Lua: ${lua.lua_tojsstring(this.#state, -1)}`);
      place = lua.lua_gettop(this.#state);
      this.#places.set(text, place);
    }
    return place;
  }

  #setList(name: string, values: readonly string[]): void {
    push(this.#state, values);
    lua.lua_setglobal(this.#state, to_luastring(name));
  }

  #offer(name: string, isRaised: boolean): void {
    lua.lua_pushcfunction(this.#state, (state) => {
      const args = Array.from({ length: lua.lua_gettop(state) }, (_, index) => lua.lua_tojsstring(state, index + 1));
      const reply = this.#call(args);
      push(state, reply);
      if (isRaised && reply instanceof RedisError) lua.lua_error(state);
      return 1;
    });
    lua.lua_setfield(this.#state, -2, to_luastring(name));
  }
}

/** Replies become values of Lua as Redis has it: nothing is `false`. */
function push(state: LuaState, reply: Reply): void {
  if (reply === null) lua.lua_pushboolean(state, false);
  else if (typeof reply === 'number') lua.lua_pushinteger(state, reply);
  else if (typeof reply === 'string') lua.lua_pushstring(state, to_luastring(reply));
  else if (reply instanceof RedisError) {
    lua.lua_newtable(state);
    lua.lua_pushstring(state, to_luastring(reply.message));
    lua.lua_setfield(state, -2, to_luastring('err'));
  } else {
    lua.lua_createtable(state, reply.length, 0);
    reply.forEach((one, index) => {
      push(state, one);
      lua.lua_rawseti(state, -2, index + 1);
    });
  }
}

/** The value on top of the stack as a reply: numbers lose their fraction, a table is a list up to its first nil. */
function toReply(state: LuaState): Reply {
  switch (lua.lua_type(state, -1)) {
    case lua.LUA_TNUMBER:
      return Math.trunc(lua.lua_tonumber(state, -1));
    case lua.LUA_TSTRING:
      return lua.lua_tojsstring(state, -1);
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(state, -1) ? 1 : null;
    case lua.LUA_TTABLE:
      return tableReply(state);
    default:
      return null;
  }
}

function tableReply(state: LuaState): Reply {
  const isError = lua.lua_getfield(state, -1, to_luastring('err')) === lua.LUA_TSTRING;
  const message = isError ? lua.lua_tojsstring(state, -1) : '';
  lua.lua_pop(state, 1);
  if (isError) return new RedisError(message);
  const list: Reply[] = [];
  for (let place = 1; ; place++) {
    const isOver = lua.lua_rawgeti(state, -1, place) === lua.LUA_TNIL;
    if (!isOver) list.push(toReply(state));
    lua.lua_pop(state, 1);
    if (isOver) return list;
  }
}
