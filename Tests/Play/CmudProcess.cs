using System.Diagnostics;
using System.Text;
using Cmud.App.Play;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>The program itself, in a process of its own, with a pipe for a keyboard.</summary>
internal sealed class CmudProcess : IAsyncDisposable
{
    /// <summary>The program as it was built. The copy beside the tests lacks what they take from the web framework, and so reaches no server.</summary>
    public static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../../../App", Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "../../.."), AppContext.BaseDirectory), "cmud.dll"));

    private readonly Process _process;
    private readonly Transcript _transcript = new(TimeProvider.System);
    private readonly MemoryStream _bytes = new();
    private readonly Task _reading;
    private readonly Task<string> _errors;

    private CmudProcess(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        _process = Process.Start(start)!;
        _reading = ReadAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>All bytes written so far; complete once it has ended.</summary>
    public string Output
    {
        get
        {
            lock (_bytes) return Encoding.UTF8.GetString(_bytes.ToArray());
        }
    }

    /// <summary>Starts <c>cmud</c> with arguments.</summary>
    public static CmudProcess Start(params string[] arguments) => new(arguments);

    /// <summary>Plays a whole script; gives the exit code, and both streams.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string script, params string[] arguments)
    {
        await using var cmud = Start(arguments);
        cmud.Type(script.Split('\n'));
        return await cmud.EndAsync();
    }

    /// <summary>Types lines.</summary>
    public void Type(params string[] lines)
    {
        foreach (var line in lines) _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for a text that was not seen before.</summary>
    public async Task SeeAsync(string text)
    {
        if (!await _transcript.FindAsync(text, Within.Patience, CancellationToken.None)) Assert.Fail($"'{text}' did not come; the last lines: {_transcript.Tail()}");
    }

    /// <summary>Closes its input, and waits until it ends.</summary>
    public async Task<(int Code, string Output, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Within.Patience);
        await _reading;
        return (_process.ExitCode, Output, await _errors);
    }

    /// <summary>SIGTERM, and waits until it ends; gives the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Within.Patience);
        return _process.ExitCode;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        await _bytes.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var (piece, text) = (new byte[4096], new char[4097]);
        while (await _process.StandardOutput.BaseStream.ReadAsync(piece) is var read and > 0)
        {
            lock (_bytes) _bytes.Write(piece, 0, read);
            _transcript.Add(new(text, 0, decoder.GetChars(piece, 0, read, text, 0)));
        }
    }
}
