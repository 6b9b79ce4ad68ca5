# complete.zsh DIRECTORY LINE: what zsh offers at the end of LINE, one a line, with the completions of DIRECTORY. An
# interactive shell does it, in a terminal of its own, in which compadd also prints what it takes.
zmodload zsh/zpty
zpty shell zsh -f -i
inside() { zpty -w shell "$1"; }

inside "PS1= PS2= RPS1=; unset zle_bracketed_paste; fpath=(${(q)1} \$fpath); cd -- ${(q)PWD}"
inside 'autoload -Uz compinit && compinit -D -u; setopt no_auto_list'
inside 'compadd() {
	local -a offered
	[[ " ${@[1,(i)--]} " == *\ -[a-zA-Z]#[OAD]\ * ]] || { builtin compadd -O offered "$@"; print -l -r -- "<"$^offered">" }
	builtin compadd "$@"
}'
inside 'bindkey "^I" complete-word; bindkey "^J" accept-line; print be"gun"'
while zpty -r shell said && [[ $said != *begun* ]]; do :; done
zpty -w -n shell "$2"$'\t'
zpty -w -n shell $'\C-a\C-kprint en"ded"\n'
while zpty -r shell said && [[ $said != *ended* ]]; do
	[[ $said == *'<'*'>'* ]] && print -r -- "${${said#*<}%>*}"
done
zpty -d shell
