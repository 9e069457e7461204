namespace Cmud.App.Serve.Web;

/// <summary>What a session has shown of late, numbered from 1, for a page that comes back; and the prompt as it is now. Safe for any thread.</summary>
internal sealed class PageLog
{
    /// <summary>Bytes that are kept: some hundred screens. A page that has fallen further behind is told so.</summary>
    public const int MaxBytes = 128 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _kept = new();
    private int _bytes;
    private long _last;
    private byte[]? _prompt;
    private int _prompts;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes what is shown.</summary>
    public void Add(PageMessage message)
    {
        lock (_lock)
        {
            var json = message.Write(++_last);
            _kept.Enqueue(json);
            _bytes += json.Length;
            while (_bytes > MaxBytes && _kept.Count > 1) _bytes -= _kept.Dequeue().Length;
            Tell();
        }
    }

    /// <summary>Takes the prompt that stands now.</summary>
    public void Prompt(PageMessage.Prompt prompt)
    {
        lock (_lock)
        {
            (_prompt, _prompts) = (prompt.Write(), _prompts + 1);
            Tell();
        }
    }

    /// <summary>What a reader has not seen yet, and a task that ends when there is more.</summary>
    /// <param name="at">How far the reader has come.</param>
    /// <param name="next">How far it will have come.</param>
    /// <param name="missed">Whether some of what it has not seen is kept no more.</param>
    /// <param name="more">Ends with the next addition.</param>
    public IReadOnlyList<byte[]> After(Mark at, out Mark next, out bool missed, out Task more)
    {
        lock (_lock)
        {
            var first = _last - _kept.Count + 1;
            var seen = at.Number < 0 || at.Number > _last ? 0 : at.Number;
            missed = seen + 1 < first;
            next = new(_last, _prompts);
            more = _more.Task;
            var messages = _kept.Skip((int)Math.Max(0, seen + 1 - first));
            return [.. _prompt is { } prompt && at.Prompts != _prompts ? messages.Append(prompt) : messages];
        }
    }

    private void Tell()
    {
        _more.TrySetResult();
        _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>How far a reader has come.</summary>
    /// <param name="Number">The last message that it has.</param>
    /// <param name="Prompts">How many prompts there were when it got the last.</param>
    public readonly record struct Mark(long Number, int Prompts);
}
