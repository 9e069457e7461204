namespace Cmud.Game.Play;

/// <summary>A part of a session, from the question for a name to the end: takes lines until it gives way to the next.</summary>
internal abstract class Stage
{
    /// <summary>What stands before the line.</summary>
    public abstract string Prompt { get; }

    /// <summary>Whether the next line is a secret.</summary>
    public virtual bool HidesInput => false;

    /// <summary>Whether lines are commands, worth finding again in a history.</summary>
    public virtual bool TakesCommands => true;

    /// <summary>The stage that follows; null while this one lasts.</summary>
    public Stage? Next { get; protected set; }

    /// <summary>Begins: the first call.</summary>
    public abstract Task BeginAsync(CancellationToken cancellationToken);

    /// <summary>Takes a line.</summary>
    public abstract Task EnterAsync(string line, CancellationToken cancellationToken);

    /// <summary>Looks at what has happened meanwhile.</summary>
    public virtual Task PollAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What the word at the cursor may become.</summary>
    public virtual IReadOnlyList<string> Complete(string text, int cursor) => [];

    /// <summary>The player is gone, however.</summary>
    public virtual Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
