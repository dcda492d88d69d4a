/** A Lua 5.3 machine in JavaScript, as far as it is used here. */
declare module 'fengari' {
  export interface LuaState {
    readonly brand: 'lua';
  }
  type LuaFunction = (state: LuaState) => number;
  export const lua: {
    readonly LUA_OK: number;
    readonly LUA_TNIL: number;
    readonly LUA_TBOOLEAN: number;
    readonly LUA_TNUMBER: number;
    readonly LUA_TSTRING: number;
    readonly LUA_TTABLE: number;
    readonly LUA_MULTRET: number;
    lua_pushnumber(state: LuaState, value: number): void;
    lua_pushinteger(state: LuaState, value: number): void;
    lua_pushstring(state: LuaState, value: Uint8Array): void;
    lua_pushboolean(state: LuaState, value: boolean): void;
    lua_pushvalue(state: LuaState, index: number): void;
    lua_pushnil(state: LuaState): void;
    lua_pushcfunction(state: LuaState, run: LuaFunction): void;
    lua_createtable(state: LuaState, list: number, fields: number): void;
    lua_newtable(state: LuaState): void;
    lua_rawseti(state: LuaState, index: number, place: number): void;
    lua_rawgeti(state: LuaState, index: number, place: number): number;
    lua_setfield(state: LuaState, index: number, name: Uint8Array): void;
    lua_getfield(state: LuaState, index: number, name: Uint8Array): number;
    lua_setglobal(state: LuaState, name: Uint8Array): void;
    lua_type(state: LuaState, index: number): number;
    lua_tonumber(state: LuaState, index: number): number;
    lua_toboolean(state: LuaState, index: number): boolean;
    lua_tojsstring(state: LuaState, index: number): string;
    lua_gettop(state: LuaState): number;
    lua_pop(state: LuaState, count: number): void;
    lua_pcall(state: LuaState, args: number, results: number, handler: number): number;
    lua_error(state: LuaState): never;
  };
  export const lauxlib: {
    luaL_newstate(): LuaState;
    luaL_loadstring(state: LuaState, text: Uint8Array): number;
  };
  export const lualib: { luaL_openlibs(state: LuaState): void };
  export function to_luastring(text: string): Uint8Array;
}
