namespace Cmud.Silo.Resp;

/// <summary>An error as RESP has it.</summary>
/// <param name="Sentence">For a person.</param>
/// <param name="Code">For a program.</param>
internal sealed record RespError(string Sentence, string Code = "ERR");
